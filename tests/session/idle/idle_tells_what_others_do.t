message hello
Subject: hello

world
.
login A
A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 IDLE
A< + %*
login B
B> b1 APPEND INBOX {%#{hello}+}%n%@{hello}
A< * 2 EXISTS
A< * 2 RECENT
B> b2 SELECT INBOX
B> b3 STORE 1 +FLAGS (\Deleted)
A< * 1 FETCH (FLAGS (%*\Deleted%*))
B> b4 EXPUNGE
A< * 1 EXPUNGE
A<!
A> DONE
A< a2 OK %*
