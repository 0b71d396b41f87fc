mail 1
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
mail 1
B> b1 SELECT INBOX
B> b2 STORE 2 +FLAGS.SILENT (\Deleted)
B> b3 EXPUNGE
B<~ b3 OK %*
mail 1
A> a2 NOOP
A< * 2 EXISTS
A< * 2 RECENT
A< a2 OK %*
A> a3 FETCH 2 UID
A< * 2 FETCH (UID 3)
A< a3 OK %*
