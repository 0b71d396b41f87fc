login A
A>> a1 LOGOUT%na2 NOOP%n
A< * BYE %*
A< a1 OK %*
A<!
A closed
