mail 1
login A
A> a1 SELECT INBOX (CONDSTORE)
A> a2 STORE 1 +FLAGS.SILENT (\Deleted)
A<~ a2 OK %*
A> a3 CLOSE
A< a3 OK CLOSE completed
