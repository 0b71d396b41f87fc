mail 1
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 STORE 1 +FLAGS (\Recent)
A< * 1 FETCH (FLAGS (\Recent))
A< a2 OK %*
A> a2b STORE 1 FLAGS ()
A< * 1 FETCH (FLAGS (\Recent))
A< a2b OK %*
A> a3 STORE 1 +FLAGS (\*)
A< a3 BAD %*
