mail 4
login A
A> a1 CREATE other
A> a2 SELECT INBOX
A<~ a2 OK %*
A> a3 MOVE 2:3 other
A< * OK [COPYUID %d 2:3 1:2] %*
A< * 2 EXPUNGE
A< * 2 EXPUNGE
A< a3 OK %*
A> a4 UID MOVE 4 other
A< * OK [COPYUID %d 4 3] %*
A< * 2 EXPUNGE
A< a4 OK %*
A> a5 STATUS other (MESSAGES)
A< * STATUS other (MESSAGES 3)
A< a5 OK %*
A<!
