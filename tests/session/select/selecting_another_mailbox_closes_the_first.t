login A
A> a1 CREATE other
A<~ a1 OK %*
A> a2 SELECT INBOX
A<! CLOSED
A<~ a2 OK %*
A> a3 SELECT other
A< * OK [CLOSED] %*
A<~ a3 OK %*
A> a4 SELECT nowhere
A< * OK [CLOSED] %*
A< a4 NO [NONEXISTENT] %*
A> a5 FETCH 1 FLAGS
A< a5 BAD %*
