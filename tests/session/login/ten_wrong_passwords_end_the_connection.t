connect A
A< * OK %*
repeat 9 A> a%i LOGIN alice wrong%i
A<~ a9 NO [AUTHENTICATIONFAILED] %*
A> a10 LOGIN alice wrong10
A< * BYE %*
A closed
connect B
B< * OK %*
B> b1 LOGIN alice wrong11
B< b1 NO [UNAVAILABLE] %*
clock +61
connect B
B< * OK %*
B> b2 LOGIN alice secret
B< b2 OK %*
