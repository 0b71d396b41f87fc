mail 2
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 EXPUNGE
A< a2 OK %*
A<!
