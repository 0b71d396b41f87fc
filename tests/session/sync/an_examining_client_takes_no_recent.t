mail 1
login A
login B
A> a1 EXAMINE INBOX
A<~ * 1 RECENT
A<~ a1 OK %*
mail 1
A> a2 NOOP
A< * 2 EXISTS
A< * 2 RECENT
A< a2 OK %*
B> b1 SELECT INBOX
B<~ * 2 RECENT
B<~ b1 OK %*
mail 1
B> b2 NOOP
B< * 3 EXISTS
B< * 3 RECENT
B< b2 OK %*
A> a3 NOOP
A< * 3 EXISTS
A< a3 OK %*
A> a4 FETCH 1:3 FLAGS
A< * 1 FETCH (FLAGS (\Recent))
A< * 2 FETCH (FLAGS (\Recent))
A< * 3 FETCH (FLAGS ())
A< a4 OK %*
