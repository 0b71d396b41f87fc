mail 3
login A
login B
A> a1 SELECT INBOX (CONDSTORE)
A<~ * OK [HIGHESTMODSEQ %{m0}] %*
A<~ a1 OK %*
B> b1 SELECT INBOX
B> b2 STORE 2 +FLAGS (\Answered)
B<~ b2 OK %*
A> a2 STORE 1:3 (UNCHANGEDSINCE %{m0}) +FLAGS.SILENT (\Seen)
A< * 1 FETCH (UID 1 MODSEQ (%{m2}))
A< * 2 FETCH (UID 2 FLAGS (\Answered \Recent) MODSEQ (%{m1}))
A< * 3 FETCH (UID 3 MODSEQ (%{m2}))
A< * OK [HIGHESTMODSEQ %{m2}] %*
A< a2 OK [MODIFIED 2] %*
A> a3 UID STORE 1:3 (UNCHANGEDSINCE %{m1}) +FLAGS (\Flagged)
A<~ * 2 FETCH (UID 2 FLAGS (\Answered \Flagged \Recent) MODSEQ (%{m3}))
A<~ a3 OK [MODIFIED 1,3] %*
A> a4 STORE 1 (UNCHANGEDSINCE 0) +FLAGS.SILENT ($New)
A<~ a4 OK [MODIFIED 1] %*
