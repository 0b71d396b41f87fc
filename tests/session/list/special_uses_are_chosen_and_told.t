login A
A> a1 CREATE MyDrafts (USE (\Drafts))
A< a1 OK %*
A> a2 CREATE Many (USE (\Sent \Archive))
A< a2 OK %*
A> a3 CREATE All (USE (\All))
A< a3 NO [USEATTR] %*
A> a4 CREATE Odd (USE (\Nonsense))
A< a4 NO [USEATTR] %*
A> a5 LIST (SPECIAL-USE) "" *
A<{
  * LIST (\HasNoChildren \Drafts) "/" MyDrafts
  * LIST (\HasNoChildren \Archive \Sent) "/" Many
A<}
A< a5 OK %*
A> a6 LIST "" Odd
A< a6 OK %*
A> a7 LIST "" % RETURN (SPECIAL-USE)
A<~ * LIST (\HasNoChildren \Drafts) "/" MyDrafts
A<~ a7 OK %*
A> a8 SUBSCRIBE MyDrafts
A> a9 LSUB "" MyD%
A<~ * LSUB (\HasNoChildren \Drafts) "/" MyDrafts
A< a9 OK %*
