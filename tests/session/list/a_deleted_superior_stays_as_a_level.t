login A
A> x CREATE a/b
A> x DELETE a
A<~ x OK %*
A<~ x OK %*
A> a1 LIST "" *
A<{
  * LIST (\HasNoChildren) "/" INBOX
  * LIST (\Noselect \HasChildren) "/" a
  * LIST (\HasNoChildren) "/" a/b
A<}
A< a1 OK %*
A> a2 LIST "" %
A<~ * LIST (\Noselect \HasChildren) "/" a
A<~ a2 OK %*
A> a3 SELECT a
A< a3 NO [NONEXISTENT] %*
A> a4 DELETE a
A< a4 NO [HASCHILDREN] %*
A> a5 DELETE a/b
A< a5 OK %*
A> a6 LIST "" *
A< * LIST (\HasNoChildren) "/" INBOX
A< a6 OK %*
