login A
A>> %n%n%na1 NOOP%n%n%n
A< a1 OK %*
A<!
