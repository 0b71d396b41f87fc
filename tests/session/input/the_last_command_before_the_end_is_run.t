login A
A> a1 CREATE made
A ends
A<~ a1 OK %*
A closed
login B
B> b1 SELECT made
B<~ b1 OK %*
