login A
login B
A> a1 CREATE box
A> a2 SELECT box
A<~ a2 OK %*
B> b1 RENAME box other
B<~ b1 OK %*
mail 1 other
A> a3 NOOP
A< * 1 EXISTS
A< * 1 RECENT
A< a3 OK %*
