mail 4
login A
login B
A> a1 SELECT INBOX (CONDSTORE)
A<~ * OK [HIGHESTMODSEQ %{m0}] %*
A<~ a1 OK %*
B> b1 SELECT INBOX
B> b2 STORE 2 +FLAGS.SILENT (\Deleted)
B<~ b2 OK %*
A> a2 NOOP
A< * 2 FETCH (UID 2 FLAGS (\Deleted \Recent) MODSEQ (%{m1}))
A< a2 OK [HIGHESTMODSEQ %{m1}] %*
B> b3 EXPUNGE
B<~ b3 OK %*
A> a3 STORE 3 +FLAGS (\Seen)
A< * 3 FETCH (UID 3 FLAGS (\Seen \Recent) MODSEQ (%{m3}))
A< a3 OK [HIGHESTMODSEQ %{m1}] %*
A> a4 FETCH 3 (MODSEQ)
A< * 3 FETCH (MODSEQ (%{m3}))
A< a4 OK [HIGHESTMODSEQ %{m1}] %*
A> a5 NOOP
A< * 2 EXPUNGE
A< a5 OK [HIGHESTMODSEQ %{m3}] %*
