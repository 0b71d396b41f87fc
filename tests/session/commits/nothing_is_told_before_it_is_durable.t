mail 1
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
B> b1 SELECT INBOX
B<~ b1 OK %*
B> b2 IDLE
B< + %*
commits hold
A> a2 STORE 1 +FLAGS (\Flagged)
A<!
B<!
commits waiting 1
commits end 0 ok
A< * 1 FETCH (FLAGS (\Flagged \Recent))
A< a2 OK %*
B< * 1 FETCH (FLAGS (\Flagged))
