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
B> b2 STORE 1:2000 +FLAGS.SILENT (\Flagged some-long-keyword-number-one another-long-keyword-that-takes-room and-a-third-one-that-takes-even-more-room-than-the-two-before-it)
B<~ b2 OK %*
A stalls on
A> a3 NOOP
B> b3 STORE 1:1999 +FLAGS.SILENT (\Deleted)
B> b4 EXPUNGE
B<~ b4 OK %*
A stalls off
A<~ * 2000 FETCH (FLAGS (\Flagged %*))
A< a3 OK %*
A> a4 NOOP
A< * 1 EXPUNGE
A<~ a4 OK %*
A> a5 FETCH 1:* UID
A< * 1 FETCH (UID 2000)
A< * 2 FETCH (UID 2001)
A< a5 OK %*
A<!
