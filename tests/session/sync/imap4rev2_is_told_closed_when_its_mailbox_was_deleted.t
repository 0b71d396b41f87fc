login A
login B
A> a0 ENABLE IMAP4rev2
A> a1 CREATE box
A> a2 SELECT box
A<~ a2 OK %*
A> a3 IDLE
A< + %*
B> b1 DELETE box
A< * OK [CLOSED] %*
A> DONE
A< a3 OK %*
A> a4 FETCH 1 FLAGS
A< a4 BAD %*
B> b2 CREATE box
A> a5 SELECT box
A<! CLOSED
A<~ a5 OK %*
B> b3 DELETE box
A> a6 NOOP
A< * OK [CLOSED] %*
A< a6 OK %*
