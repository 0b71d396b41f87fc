login A
A> a1 IDLE
A< + %*
clock +1800
A<!
A open
clock +61
A< * BYE %*
A closed
