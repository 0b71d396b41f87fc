mail 1
login A
login B
A> a1 SELECT INBOX
B> b1 SELECT INBOX
B<~ b1 OK %*
commits hold
A> a2 STORE 1 +FLAGS (\Flagged)
A drops
commits go
B> b2 NOOP
B< * 1 FETCH (FLAGS (\Flagged))
B< b2 OK %*
