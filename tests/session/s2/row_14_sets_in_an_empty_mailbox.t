login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 UID FETCH 1:* FLAGS
A< a2 OK %*
A> a3 FETCH 1:* FLAGS
A< a3 BAD %*
A> a4 UID STORE * +FLAGS (\Seen)
A< a4 OK %*
A> a5 UID COPY 1:* INBOX
A< a5 OK %*
A> a6 UID EXPUNGE 1:*
A< a6 OK %*
