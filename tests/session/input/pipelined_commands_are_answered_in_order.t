login A
A>> a1 NOOP%na2 SELECT INBOX%na3 NOOP%na4 CLOSE%na5 NOOP%n
A< a1 OK %*
A<~ a2 OK %*
A< a3 OK %*
A< a4 OK %*
A< a5 OK %*
A<!
