mail 2
login A
login B
A> a1 SELECT INBOX
A<~ * 2 RECENT
B> b1 SELECT INBOX
B<~ * 0 RECENT
A> a2 FETCH 1 FLAGS
A<~ * 1 FETCH (FLAGS (\Recent))
B> b2 FETCH 1 FLAGS
B<~ * 1 FETCH (FLAGS ())
mail 1
B> b3 NOOP
B<~ * 3 EXISTS
B< * 1 RECENT
B<~ b3 OK %*
A> a3 NOOP
A<~ * 3 EXISTS
A< a3 OK %*
