login A
login B
A> a1 CREATE box
A> a2 SELECT box
A<~ a2 OK %*
A> a3 IDLE
A< + %*
B> b1 DELETE box
A< * BYE %*
A closed
