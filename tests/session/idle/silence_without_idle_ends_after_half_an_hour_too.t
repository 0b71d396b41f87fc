mail 1
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
clock +1799
A> a2 NOOP
A< a2 OK %*
clock +1800
A open
A<!
clock +61
A< * BYE %*
A closed
