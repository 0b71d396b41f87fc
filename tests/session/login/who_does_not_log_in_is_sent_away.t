connect A
A< * OK %*
clock +59
A open
A> a1 NOOP
A< a1 OK %*
clock +2
A> a2 NOOP
A< * BYE %*
A closed
