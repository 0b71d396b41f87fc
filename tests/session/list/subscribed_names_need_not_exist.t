login A
A> x CREATE Fruit
A> x CREATE Fruit/Banana
A> x CREATE Tofu
A> x SUBSCRIBE Fruit/Banana
A> x SUBSCRIBE Fruit/Peach
A> x SUBSCRIBE Tofu
A> x UNSUBSCRIBE INBOX
A> a1 LIST (SUBSCRIBED) "" *
A<~ * LIST (\HasNoChildren \Subscribed) "/" Fruit/Banana
A< * LIST (\NonExistent \HasNoChildren \Subscribed) "/" Fruit/Peach
A< * LIST (\HasNoChildren \Subscribed) "/" Tofu
A< a1 OK %*
A> a2 LIST "" * RETURN (SUBSCRIBED)
A<{
  * LIST (\HasNoChildren) "/" INBOX
  * LIST (\HasChildren) "/" Fruit
  * LIST (\HasNoChildren \Subscribed) "/" Fruit/Banana
  * LIST (\HasNoChildren \Subscribed) "/" Tofu
A<}
A< a2 OK %*
A> a3 LIST (SUBSCRIBED) "" %
A< * LIST (\HasNoChildren \Subscribed) "/" Tofu
A< a3 OK %*
A> a4 LIST (SUBSCRIBED RECURSIVEMATCH) "" %
A< * LIST (\HasChildren) "/" Fruit ("CHILDINFO" ("SUBSCRIBED"))
A< * LIST (\HasNoChildren \Subscribed) "/" Tofu
A< a4 OK %*
A> a5 LIST (RECURSIVEMATCH) "" %
A< a5 BAD %*
A> a6 DELETE Fruit/Banana
A> a7 DELETE Fruit
A<~ a7 OK %*
A> a8 LIST (SUBSCRIBED RECURSIVEMATCH) "" % RETURN (CHILDREN)
A< * LIST (\NonExistent %*) "/" Fruit ("CHILDINFO" ("SUBSCRIBED"))
A< * LIST (\HasNoChildren \Subscribed) "/" Tofu
A< a8 OK %*
