message hello
Subject: hello

x
.
login A
login B
repeat 4 A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 SELECT INBOX
A<~ a1 OK %*
B> b1 SELECT INBOX
B> b2 STORE 2 +FLAGS.SILENT (\Deleted)
B> b3 EXPUNGE
B<~ b3 OK %*
A> a2 SEARCH UID 3:4
A<~ * SEARCH 3 4
A<! EXPUNGE
A<~ a2 OK %*
A> a3 SEARCH ALL
A< * SEARCH 1 3 4
A< a3 OK %*
A> a4 NOOP
A< * 2 EXPUNGE
A< a4 OK %*
A> a5 SEARCH ALL
A< * SEARCH 1 2 3
A< a5 OK %*
