mail 2
login A
login B
login C
A> a1 CREATE other
A> a2 SELECT INBOX
A<~ a2 OK %*
B> b1 SELECT INBOX
B<~ b1 OK %*
B> b2 IDLE
B< + %*
C> c1 SELECT other
C<~ c1 OK %*
C> c2 IDLE
C< + %*
A> a3 MOVE 1 other
A<~ a3 OK %*
B< * 1 EXPUNGE
C< * 1 EXISTS
C<~ * 1 RECENT
B<!
C<!
