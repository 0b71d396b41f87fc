message hello
Subject: hello

world
.
login A
repeat 3 A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 STORE 2 +FLAGS (\Deleted)
A< * 2 FETCH (FLAGS (%*\Deleted%*))
A< a2 OK %*
A> a3 STORE 2 +FLAGS.SILENT (\Flagged)
A< a3 OK %*
A> a4 EXPUNGE
A< * 2 EXPUNGE
A< a4 OK %*
A> a5 NOOP
A< a5 OK %*
A<!
