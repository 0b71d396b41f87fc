login A
A> x CREATE foo/bar
A> x UNSUBSCRIBE INBOX
A> x SUBSCRIBE foo/bar
A> x SUBSCRIBE gone/away
A> a0 NOOP
A<~ a0 OK %*
A> a1 LSUB "" %
A<{
  * LSUB (\Noselect \HasChildren) "/" foo
  * LSUB (\Noselect %*) "/" gone
A<}
A< a1 OK %*
A> a2 LSUB "" *
A<{
  * LSUB (\HasNoChildren) "/" foo/bar
  * LSUB (\HasNoChildren) "/" gone/away
A<}
A< a2 OK %*
A> a3 LSUB "" foo
A< a3 OK %*
A> a4 LSUB "foo/" %
A< * LSUB (\HasNoChildren) "/" foo/bar
A< a4 OK %*
A> a5 LSUB "" ""
A< * LSUB (\Noselect) "/" ""
A< a5 OK %*
