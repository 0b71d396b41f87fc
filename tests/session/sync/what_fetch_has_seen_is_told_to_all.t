mail 2
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
B> b1 SELECT INBOX
B<~ b1 OK %*
B> b2 IDLE
B< + %*
A> a2 FETCH 1 BODY[TEXT]
A< * 1 FETCH (BODY[TEXT] {8}%nbody 1%n)
A< * 1 FETCH (FLAGS (\Seen \Recent))
A< a2 OK %*
B< * 1 FETCH (FLAGS (\Seen))
