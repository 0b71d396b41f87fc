mail 2
login A
login B
login C bob
A> a1 SELECT INBOX
B> b1 SELECT INBOX
B<~ b1 OK %*
commits hold
A>> a2 STORE 1 +FLAGS.SILENT (\Flagged)%na3 NOOP%n
B> b2 FETCH 1 UID
B< * 1 FETCH (UID 1)
B< b2 OK %*
C> c1 SELECT INBOX
C<~ c1 OK %*
commits end 0 ok
A<~ a2 OK %*
A< a3 OK %*
