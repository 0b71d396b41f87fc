login A
A>> a1 IDLE%nDONE%na2 NOOP%n
A< + %*
A< a1 OK %*
A< a2 OK %*
