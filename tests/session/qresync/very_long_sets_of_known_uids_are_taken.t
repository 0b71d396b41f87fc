mail 3
login A
A> a1 SELECT INBOX
A<~ * OK [UIDVALIDITY %{v}] %*
A> a2 STORE 2 +FLAGS.SILENT (\Deleted)
A> a3 EXPUNGE
A<~ a3 OK %*
login B
B> b1 ENABLE QRESYNC
B<~ b1 OK %*
B>> b2 SELECT INBOX (QRESYNC (%{v} 1 2
repeat 6000 B>> ,1%i1%i
B> ))
B<~ * VANISHED (EARLIER) 2
B<~ b2 OK [READ-WRITE] %*
