mail 1
login A
A> a1 SELECT INBOX
A> a2 STORE 1 +FLAGS (\Seen)
A<~ a2 OK %*
A> a3 STORE 1 +FLAGS (\Seen)
A< * 1 FETCH (FLAGS (\Seen \Recent))
A< a3 OK %*
A> a4 STORE 1 +FLAGS.SILENT (\Seen)
A< a4 OK %*
