mail 2
login A
login B
login C
A> a1 SELECT INBOX
A<~ a1 OK %*
B> b0 ENABLE QRESYNC
B> b1 SELECT INBOX
B<~ b1 OK %*
C> c1 EXAMINE INBOX
C<~ c1 OK %*
A> a2 IDLE
B> b2 IDLE
C> c2 IDLE
A< + %*
B< + %*
C< + %*
login D
D> d1 SELECT INBOX
D>> d2 STORE 1 +FLAGS (\Flagged)%nd3 STORE 2 +FLAGS (\Deleted)%n
A< * 1 FETCH (FLAGS (\Flagged \Recent))
A< * 2 FETCH (FLAGS (\Deleted \Recent))
B< * 1 FETCH (UID 1 FLAGS (\Flagged) MODSEQ (%d))
B< * 2 FETCH (UID 2 FLAGS (\Deleted) MODSEQ (%d))
C< * 1 FETCH (FLAGS (\Flagged))
C< * 2 FETCH (FLAGS (\Deleted))
D> d4 EXPUNGE
A< * 2 EXPUNGE
B< * VANISHED 2
C< * 2 EXPUNGE
mail 1
A< * 2 EXISTS
B< * 2 EXISTS
C< * 2 EXISTS
A<~ * 2 RECENT
A> DONE
A< a2 OK %*
