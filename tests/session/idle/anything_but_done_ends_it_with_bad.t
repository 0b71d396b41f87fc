login A
A> a1 IDLE
A< + %*
A> a2 NOOP
A< a1 BAD %*
A> a3 NOOP
A< a3 OK %*
