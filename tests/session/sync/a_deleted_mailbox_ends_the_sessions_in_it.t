login A
login B
A> a1 CREATE box
A<~ a1 OK %*
mail 2 box
A> a2 SELECT box
A<~ a2 OK %*
B> b1 DELETE box
B< b1 OK %*
A> a3 FETCH 1 UID
A< * 1 FETCH (UID 1)
A< a3 OK %*
A< * BYE %*
A closed
