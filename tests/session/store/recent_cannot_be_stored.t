mail 1
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 STORE 1 +FLAGS (\Recent)
A< a2 BAD %*
A> a3 STORE 1 +FLAGS (\*)
A< a3 BAD %*
