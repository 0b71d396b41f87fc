message hello
Subject: hello

x
.
login A
A> x CREATE a/b/c
A> x APPEND a/b {%#{hello}+}%n%@{hello}
A> x STATUS a/b (UIDVALIDITY)
A<~ * STATUS a/b (UIDVALIDITY %{v})
A> a1 RENAME a z/y
A<~ a1 OK %*
A> a2 LIST "" *
A<{
  * LIST (\HasNoChildren) "/" INBOX
  * LIST (\HasChildren) "/" z
  * LIST (\HasChildren) "/" z/y
  * LIST (\HasChildren) "/" z/y/b
  * LIST (\HasNoChildren) "/" z/y/b/c
A<}
A< a2 OK %*
A> a3 STATUS z/y/b (MESSAGES UIDVALIDITY)
A< * STATUS z/y/b (MESSAGES 1 UIDVALIDITY %{v})
A< a3 OK %*
A> a4 RENAME z z/y/q
A< a4 NO [CANNOT] %*
A> a5 RENAME nothing q
A< a5 NO [NONEXISTENT] %*
A> a6 CREATE taken
A< a6 OK %*
A> a7 RENAME z taken
A< a7 NO [ALREADYEXISTS] %*
A> a8 RENAME z INBOX
A< a8 NO [ALREADYEXISTS] %*
A> a9 RENAME z z
A< a9 NO [ALREADYEXISTS] %*
