message hello
Subject: hello

x
.
login A
A> a1 DELETE INBOX
A< a1 NO [CANNOT] %*
A> a2 DELETE nothing
A< a2 NO [NONEXISTENT] %*
A> a3 CREATE box
A> a4 STATUS box (UIDVALIDITY)
A<~ * STATUS box (UIDVALIDITY %{first})
A<~ a4 OK %*
A> a5 APPEND box {%#{hello}+}%n%@{hello}
A<~ a5 OK %*
A> a6 DELETE box
A< a6 OK %*
A> a7 SELECT box
A< a7 NO [NONEXISTENT] %*
A> a8 CREATE box
A< a8 OK %*
A> a9 STATUS box (MESSAGES)
A< * STATUS box (MESSAGES 0)
A< a9 OK %*
A> b1 STATUS box (UIDVALIDITY)
A<~ b1 OK %*
