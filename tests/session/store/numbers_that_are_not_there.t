mail 2
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 STORE 3 +FLAGS (\Seen)
A< a2 BAD %*
A> a3 STORE 1:3 +FLAGS (\Seen)
A< a3 BAD %*
A> a4 UID STORE 77 +FLAGS (\Seen)
A< a4 OK %*
A> a5 UID STORE 2:77 +FLAGS (\Seen)
A< * 2 FETCH (UID 2 FLAGS (\Seen \Recent))
A< a5 OK %*
A> a6 STORE * +FLAGS (\Flagged)
A< * 2 FETCH (FLAGS (\Seen \Flagged \Recent))
A< a6 OK %*
A> a7 STORE 0 +FLAGS (\Flagged)
A< a7 BAD %*
