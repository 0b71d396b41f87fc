# RFC 9051, 6.3.6: "RENAME foo zowie" where foo is \Noselect
login A
A> x CREATE foo/bar
A> x DELETE foo
A> a1 RENAME foo zowie
A<~ a1 OK %*
A> a2 LIST "" *
A<{
  * LIST (\HasNoChildren) "/" INBOX
  * LIST (\Noselect \HasChildren) "/" zowie
  * LIST (\HasNoChildren) "/" zowie/bar
A<}
A< a2 OK %*
