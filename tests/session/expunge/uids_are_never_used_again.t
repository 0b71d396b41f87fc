mail 2
login A
A> a1 SELECT INBOX
A> a2 STORE 1:* +FLAGS.SILENT (\Deleted)
A> a3 EXPUNGE
A<~ a3 OK %*
mail 1
A> a4 NOOP
A< * 1 EXISTS
A<~ a4 OK %*
A> a5 FETCH 1 UID
A< * 1 FETCH (UID 3)
A< a5 OK %*
