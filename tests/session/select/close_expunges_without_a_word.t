mail 3
login A
A> a1 SELECT INBOX
A> a2 STORE 1,3 +FLAGS.SILENT (\Deleted)
A<~ a2 OK %*
A> a3 CLOSE
A< a3 OK %*
A<!
A> a4 SELECT INBOX
A<~ * 1 EXISTS
A<~ a4 OK %*
A> a5 FETCH 1 UID
A< * 1 FETCH (UID 2)
A< a5 OK %*
