mail 2
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
B> b1 SELECT INBOX
B> b2 STORE 1 +FLAGS (\Flagged)
B<~ b2 OK %*
A> a2 STORE 1:2 +FLAGS.SILENT (\Seen $Done)
A< * FLAGS (%*$Done)
A< * OK [PERMANENTFLAGS (%*$Done \*)] %*
A< * 1 FETCH (FLAGS (\Seen \Flagged \Recent $Done))
A< a2 OK %*
A<!
B> b3 NOOP
B< * FLAGS (%*)
B< * OK [PERMANENTFLAGS (%*)] %*
B< * 1 FETCH (FLAGS (\Seen \Flagged $Done))
B< * 2 FETCH (FLAGS (\Seen $Done))
B< b3 OK %*
