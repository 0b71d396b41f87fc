mail 3
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
B> b1 SELECT INBOX
B> b2 STORE 2 +FLAGS.SILENT (\Deleted)
B> b3 EXPUNGE
B<~ b3 OK %*
A> a2 FETCH 1 FLAGS
A< * 1 FETCH (FLAGS (\Recent))
A< a2 OK %*
A> a3 STORE 1:3 +FLAGS (\Seen)
A< * 1 FETCH (FLAGS (\Seen \Recent))
A< * 3 FETCH (FLAGS (\Seen \Recent))
A< a3 NO [EXPUNGEISSUED] %*
A> a4 STORE 2 +FLAGS (\Seen)
A< a4 NO [EXPUNGEISSUED] %*
A> a5 FETCH 2 (UID)
A< * 2 FETCH (UID 2)
A< a5 OK %*
A> a6 UID STORE 2 +FLAGS (\Seen)
A< * 2 EXPUNGE
A< a6 OK %*
# RFC 2180, 4.2.1: with .SILENT that is no failure
A> c1 SELECT INBOX
A<~ c1 OK %*
B> c2 STORE 2 +FLAGS.SILENT (\Deleted)
B> c3 EXPUNGE
B<~ c3 OK %*
A> c4 FETCH 1 UID
A<~ c4 OK %*
A> c5 STORE 1:2 +FLAGS.SILENT (\Flagged)
A< c5 OK [EXPUNGEISSUED] %*
A> c6 STORE 2 +FLAGS.SILENT (\Flagged)
A< c6 OK [EXPUNGEISSUED] %*
A> c7 FETCH 1 FLAGS
A< * 1 FETCH (FLAGS (\Seen \Flagged))
A< c7 OK %*
