login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 FETCH 1:* FLAGS
A< a2 BAD %*
A> a3 UID FETCH 1:* FLAGS
A< a3 OK %*
A<!
