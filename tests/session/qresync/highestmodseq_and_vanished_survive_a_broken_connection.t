mail 5
login A
login B
A> a0 ENABLE QRESYNC
A> a1 SELECT INBOX
A<~ * OK [UIDVALIDITY %{v}] %*
A<~ * OK [HIGHESTMODSEQ %{m0}] %*
A<~ a1 OK %*
B> b1 SELECT INBOX
B> b2 STORE 2 +FLAGS.SILENT (\Deleted)
B> b3 EXPUNGE
B<~ b3 OK %*
# the expunge is held back while A works by numbers, and A's connection breaks
A> a2 STORE 3 +FLAGS (\Seen)
A< * 3 FETCH (UID 3 FLAGS (\Seen \Recent) MODSEQ (%d))
A<! VANISHED
A drops
login A
A> c0 ENABLE QRESYNC
A> c1 SELECT INBOX (QRESYNC (%{v} %{m0}))
A<~ * VANISHED (EARLIER) 2
A< * 2 FETCH (UID 3 FLAGS (\Seen) MODSEQ (%d))
A< c1 OK %*
