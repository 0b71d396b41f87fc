mail 600
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 STORE 1:* +FLAGS.SILENT (\Seen)
A< a2 OK %*
A> a3 STORE 1:600 -FLAGS (\Seen)
A<~ * 600 FETCH (FLAGS (\Recent))
A< a3 OK %*
