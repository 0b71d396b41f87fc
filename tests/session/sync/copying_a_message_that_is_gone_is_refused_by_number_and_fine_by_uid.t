mail 3
login A
login B
A> a1 CREATE other
A> a1 SELECT INBOX
A<~ a1 OK [READ-WRITE] %*
B> b1 SELECT INBOX
B> b2 STORE 2 +FLAGS.SILENT (\Deleted)
B> b3 EXPUNGE
A> a2 FETCH 1 FLAGS
A<~ a2 OK %*
A> a3 COPY 1:3 other
A< * 2 EXPUNGE
A< a3 NO [EXPUNGEISSUED] %*
A> a4 UID COPY 1:3 other
A< a4 OK [COPYUID %d 1,3 1:2] %*
A> a5 UID COPY 2 other
A< a5 OK %*
A> a6 UID MOVE 2 other
A< a6 OK %*
A> a7 STATUS other (MESSAGES)
A< * STATUS other (MESSAGES 2)
A< a7 OK %*
