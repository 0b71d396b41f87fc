mail 6
login A
A> a1 SELECT INBOX
A<~ * OK [UIDVALIDITY %{v}] %*
A<~ * OK [HIGHESTMODSEQ %{m}] %*
A<~ a1 OK %*
A> a2 STORE 2:3 +FLAGS.SILENT (\Deleted)
A> a3 EXPUNGE
A> a4 STORE 3 +FLAGS (\Flagged)
A<~ a4 OK %*
mail 1
login B
B> b1 ENABLE QRESYNC
B> b2 SELECT INBOX (QRESYNC (%{v} %{m}))
B<~ * 5 EXISTS
B<~ * VANISHED (EARLIER) 2:3
B< * 3 FETCH (UID 5 FLAGS (\Flagged) MODSEQ (%d))
B< * 5 FETCH (UID 7 FLAGS (%*) MODSEQ (%d))
B< b2 OK [READ-WRITE] %*
B<!
