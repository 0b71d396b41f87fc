option max_sessions 2
login A
login B
connect C
C< * OK %*
C> c1 LOGIN alice secret
C< c1 NO [LIMIT] %*
login D bob
A> a1 LOGOUT
A<~ a1 OK %*
A closed
C> c2 LOGIN alice secret
C< c2 OK %*
