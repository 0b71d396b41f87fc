login A
A>> a1 LOGIN
repeat 1100 A>>  {1+}%nx
A> 
A<~ a1 BAD %*
A<!
A> a2 NOOP
A< a2 OK %*
