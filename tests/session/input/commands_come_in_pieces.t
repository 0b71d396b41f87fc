login A
A>> a
A>> 1 NO
A>> OP%n
A< a1 OK %*
