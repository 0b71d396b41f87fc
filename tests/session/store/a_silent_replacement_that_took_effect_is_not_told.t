mail 1
login A
login B
A> a1 SELECT INBOX
A> a2 STORE 1 FLAGS (\Flagged)
A<~ a2 OK %*
B> b1 SELECT INBOX
B> b2 STORE 1 FLAGS (\Answered)
B<~ b2 OK %*
A> a3 STORE 1 FLAGS.SILENT (\Seen)
A< a3 OK %*
A<!
