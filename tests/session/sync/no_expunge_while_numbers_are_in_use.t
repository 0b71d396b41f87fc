mail 4
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
B> b1 SELECT INBOX
B> b2 STORE 2 +FLAGS.SILENT (\Deleted)
B> b3 EXPUNGE
B<~ b3 OK %*
A> a2 FETCH 3 UID
A< * 3 FETCH (UID 3)
A< a2 OK %*
A> a3 STORE 3 +FLAGS (\Seen)
A< * 3 FETCH (FLAGS (\Seen \Recent))
A< a3 OK %*
A> a4 SEARCH 3
A< * SEARCH 3
A< a4 OK %*
mail 1
A> a5 FETCH 4 UID
A< * 4 FETCH (UID 4)
A< * 5 EXISTS
A<~ a5 OK %*
A> a6 FETCH 5 UID
A< * 5 FETCH (UID 5)
A< a6 OK %*
A> a7 NOOP
A< * 2 EXPUNGE
A< a7 OK %*
A> a8 FETCH 1:* UID
A< * 1 FETCH (UID 1)
A< * 2 FETCH (UID 3)
A< * 3 FETCH (UID 4)
A< * 4 FETCH (UID 5)
A< a8 OK %*
A<!
