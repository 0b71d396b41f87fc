message hello
Subject: hello

x
.
login A
A> x CREATE INBOX/below
A> x APPEND INBOX (\Flagged) {%#{hello}+}%n%@{hello}
A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 RENAME INBOX old-mail
A<~ a1 OK %*
A> a2 LIST "" *
A<{
  * LIST (\HasChildren) "/" INBOX
  * LIST (\HasNoChildren) "/" INBOX/below
  * LIST (\HasNoChildren) "/" old-mail
A<}
A< a2 OK %*
A> a3 STATUS old-mail (MESSAGES)
A< * STATUS old-mail (MESSAGES 2)
A< a3 OK %*
A> a4 STATUS INBOX (MESSAGES)
A< * STATUS INBOX (MESSAGES 0)
A< a4 OK %*
A> a5 SELECT old-mail
A<~ a5 OK %*
A> a6 FETCH 1:* FLAGS
A< * 1 FETCH (FLAGS (\Flagged%*))
A< * 2 FETCH (FLAGS (%*))
A< a6 OK %*
