message hello
Subject: hello

world
.
login A
A> x APPEND INBOX ($Forwarded Work) {%#{hello}+}%n%@{hello}
A> x APPEND INBOX (\Seen \Answered \Flagged \Deleted \Draft work) {%#{hello}+}%n%@{hello}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> a2 FETCH 1:2 FLAGS
A< * 1 FETCH (FLAGS (\Recent $Forwarded Work))
A< * 2 FETCH (FLAGS (\Seen \Answered \Flagged \Deleted \Draft \Recent Work))
A< a2 OK %*
A> a3 UNSELECT
A> a4 ENABLE IMAP4rev2
A<~ a4 OK %*
A> a5 SELECT INBOX
A<~ a5 OK %*
A> a6 FETCH 1 FLAGS
A< * 1 FETCH (FLAGS ($Forwarded Work))
A< a6 OK %*
