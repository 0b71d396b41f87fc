mail 1
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 COPY 1 nowhere
A< a2 NO [TRYCREATE] %*
A> a3 MOVE 1 nowhere
A< a3 NO [TRYCREATE] %*
A> a4 COPY 2 INBOX
A< a4 BAD %*
A> a5 UID COPY 9 nowhere
A< a5 NO [TRYCREATE] %*
