login A
A> x CREATE a
A> x UNSUBSCRIBE INBOX
A> x SUBSCRIBE a
A> x RENAME a b
A> a1 LIST (SUBSCRIBED) "" *
A<~ * LIST (\NonExistent \HasNoChildren \Subscribed) "/" a
A< a1 OK %*
A> a2 UNSUBSCRIBE a
A< a2 OK %*
A> a3 LIST (SUBSCRIBED) "" *
A< a3 OK %*
A> a4 UNSUBSCRIBE a
A< a4 OK %*
A> a5 SUBSCRIBE b
A< a5 OK %*
A> a6 SUBSCRIBE b
A< a6 OK %*
A> a7 LIST (SUBSCRIBED) "" *
A< * LIST (\HasNoChildren \Subscribed) "/" b
A< a7 OK %*
