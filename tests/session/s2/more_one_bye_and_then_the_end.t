login A
A>> a1 LOGOUT%na2 LOGOUT%n
A< * BYE %*
A< a1 OK %*
A closed
