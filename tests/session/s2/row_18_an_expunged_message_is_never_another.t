mail 3
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
B> b1 SELECT INBOX
B> b2 STORE 1 +FLAGS.SILENT (\Deleted)
B> b3 EXPUNGE
B<~ b3 OK %*
A> a2 FETCH 1 (UID BODY.PEEK[TEXT])
A< * 1 FETCH (UID 1 BODY[TEXT] {8}%nbody 1%n)
A< a2 OK %*
A> a3 FETCH 2 (UID BODY.PEEK[TEXT])
A< * 2 FETCH (UID 2 BODY[TEXT] {8}%nbody 2%n)
A< a3 OK %*
A> a4 SEARCH ALL
A<! EXPUNGE
A<~ a4 OK %*
A> a5 STORE 2 +FLAGS (\Seen)
A< * 2 FETCH (FLAGS (\Seen \Recent))
A< a5 OK %*
A> a6 NOOP
A< * 1 EXPUNGE
A< a6 OK %*
A> a7 FETCH 1 (UID FLAGS)
A< * 1 FETCH (UID 2 FLAGS (\Seen \Recent))
A< a7 OK %*
