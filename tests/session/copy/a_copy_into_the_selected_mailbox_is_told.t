mail 2
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 COPY 1:2 INBOX
A< * 4 EXISTS
A< * 4 RECENT
A< a2 OK [COPYUID %d 1:2 3:4] %*
A> a3 MOVE 1 INBOX
A< * OK [COPYUID %d 1 5] %*
A< * 1 EXPUNGE
A< * 4 EXISTS
A<~ a3 OK %*
