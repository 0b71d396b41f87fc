mail 6
login A
A> a1 SELECT INBOX
A<~ * OK [UIDVALIDITY %{v}] %*
A<~ * OK [HIGHESTMODSEQ %{m}] %*
A> a2 STORE 2:4 +FLAGS.SILENT (\Deleted)
A> a3 EXPUNGE
A> a4 STORE 1:* +FLAGS.SILENT (\Flagged)
A<~ a4 OK %*
login B
B> b1 ENABLE QRESYNC
B> b2 SELECT INBOX (QRESYNC (%{v} %{m} 3:5,77))
B<~ * VANISHED (EARLIER) 3:4
B< * 2 FETCH (UID 5 FLAGS (\Flagged) MODSEQ (%d))
B< b2 OK [READ-WRITE] %*
