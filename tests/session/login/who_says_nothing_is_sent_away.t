connect A
A< * OK %*
clock +61
A< * BYE %*
A closed
