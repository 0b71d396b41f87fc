mail 2
login A
A> a1 SELECT INBOX
A> a2 STORE 1 +FLAGS.SILENT (\Deleted)
A<~ a2 OK %*
A> a3 UNSELECT
A< a3 OK %*
A> a4 SELECT INBOX
A<~ * 2 EXISTS
A<~ a4 OK %*
A> a5 UNSELECT
A< a5 OK %*
A> a6 UNSELECT
A< a6 BAD %*
