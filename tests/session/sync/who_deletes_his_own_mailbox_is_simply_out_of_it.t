login A
A> a1 CREATE box
A> a2 SELECT box
A<~ a2 OK %*
A> a3 DELETE box
A< * OK [CLOSED] %*
A< a3 OK %*
A> a4 FETCH 1 UID
A< a4 BAD %*
A> a5 NOOP
A< a5 OK %*
