message hello
Subject: hello

world
.
login A
repeat 5 A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a0 SELECT INBOX
A<~ a0 OK %*
A> a1 STORE 2,4 +FLAGS.SILENT (\Deleted)
A> a2 EXPUNGE
A<~ a2 OK %*
A> b1 FETCH * UID
A< * 3 FETCH (UID 5)
A< b1 OK %*
A> b2 FETCH *:2 UID
A< * 2 FETCH (UID 3)
A< * 3 FETCH (UID 5)
A< b2 OK %*
A> b3 FETCH 3:1,2,1:2 UID
A< * 1 FETCH (UID 1)
A< * 2 FETCH (UID 3)
A< * 3 FETCH (UID 5)
A< b3 OK %*
A> b4 FETCH 4 UID
A< b4 BAD %*
A> b5 UID FETCH 9999:* FLAGS
A< * 3 FETCH (UID 5 FLAGS (\Recent))
A< b5 OK %*
A> b6 UID FETCH 4,2,77 FLAGS
A< b6 OK %*
A> b7 UID FETCH 3:4294967295 UID
A< * 2 FETCH (UID 3)
A< * 3 FETCH (UID 5)
A< b7 OK %*
A> b8 FETCH 4294967296 UID
A< b8 BAD %*
A> b9 FETCH 0 UID
A< b9 BAD %*
A<!
