login A
A>> a1 NOOP 
repeat 700 A>> xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
A> 
A< a1 BAD %*
A<!
A> a2 NOOP
A< a2 OK %*
