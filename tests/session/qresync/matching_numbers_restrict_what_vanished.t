mail 9
login A
A> a1 SELECT INBOX
A<~ * OK [UIDVALIDITY %{v}] %*
A> a2 STORE 2,5,8 +FLAGS.SILENT (\Deleted)
A> a3 EXPUNGE
A<~ a3 OK %*
login B
B> b1 ENABLE QRESYNC
B<~ b1 OK %*
# 1 3 4 6 7 9 are left: number 2 is UID 3 for both, number 5 was UID 8 for the client
B> b2 SELECT INBOX (QRESYNC (%{v} 1 1:9 (1:2,5 1,3,8)))
B<~ * VANISHED (EARLIER) 5,8
B<~ b2 OK %*
B> b3 SELECT INBOX (QRESYNC (%{v} 1 1:9 (4,6 6,9)))
B<! VANISHED
B<~ b3 OK %*
B> b4 SELECT INBOX (QRESYNC (%{v} 1 1:9 (3 3)))
B<~ * VANISHED (EARLIER) 2,5,8
B<~ b4 OK %*
B> b5 SELECT INBOX (QRESYNC (%{v} 1 1:9 (1:4294967295 1:4294967295)))
B<~ * VANISHED (EARLIER) 2,5,8
B<~ b5 OK %*
