mail 1
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
repeat 5 mail 400
B> b1 SELECT INBOX
B<~ b1 OK %*
A> a2 NOOP
A<~ a2 OK %*
B> b2 STORE 1:2000 +FLAGS.SILENT (\Flagged some-long-keyword-number-one another-long-keyword-that-takes-room)
B<~ b2 OK %*
A stalls on
A> a3 NOOP
B> b3 STORE 1:1999 +FLAGS.SILENT (\Deleted)
B> b4 EXPUNGE
B<~ b4 OK %*
A stalls off
A<~ * 2001 FETCH (FLAGS (\Recent))
