# RFC 9051, 6.3.9.8, example 8
login A
A> x CREATE foo2/bar1
A> x CREATE foo2/bar2
A> x CREATE baz2/bar2
A> x CREATE baz2/bar22
A> x CREATE baz2/bar222
A> x CREATE eps2/mamba
A> x CREATE qux2/bar2
A> x UNSUBSCRIBE INBOX
A> x SUBSCRIBE foo2/bar1
A> x SUBSCRIBE foo2/bar2
A> x SUBSCRIBE baz2/bar2
A> x SUBSCRIBE baz2/bar22
A> x SUBSCRIBE baz2/bar222
A> x SUBSCRIBE eps2
A> x SUBSCRIBE eps2/mamba
A> x SUBSCRIBE qux2/bar2
A> a0 NOOP
A<~ a0 OK %*
A> a1 LIST (RECURSIVEMATCH SUBSCRIBED) "" "*2"
A<{
  * LIST (\HasChildren) "/" foo2 ("CHILDINFO" ("SUBSCRIBED"))
  * LIST (\HasNoChildren \Subscribed) "/" foo2/bar2
  * LIST (\HasNoChildren \Subscribed) "/" baz2/bar2
  * LIST (\HasNoChildren \Subscribed) "/" baz2/bar22
  * LIST (\HasNoChildren \Subscribed) "/" baz2/bar222
  * LIST (\HasChildren \Subscribed) "/" eps2 ("CHILDINFO" ("SUBSCRIBED"))
  * LIST (\HasNoChildren \Subscribed) "/" qux2/bar2
A<}
A< a1 OK %*
