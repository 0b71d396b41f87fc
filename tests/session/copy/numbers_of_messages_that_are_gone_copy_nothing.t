# By UID what is gone is left out; by number the command is refused whole, whether its expunge was told or not.
mail 3
login A
login B
A> a1 CREATE other
A> a2 SELECT INBOX
A<~ a2 OK %*
B> b1 SELECT INBOX
B> b2 STORE 2 +FLAGS.SILENT (\Deleted)
B> b3 EXPUNGE
B<~ b3 OK %*
A> a3 COPY 1:3 other
A< * 2 EXPUNGE
A< a3 NO [EXPUNGEISSUED] %*
A> a4 STATUS other (MESSAGES)
A< * STATUS other (MESSAGES 0)
A< a4 OK %*
B> b4 STORE 1 +FLAGS.SILENT (\Deleted)
B> b5 EXPUNGE
B<~ b5 OK %*
A> a5 MOVE 1:2 other
A< * 1 EXPUNGE
A< a5 NO [EXPUNGEISSUED] %*
A> a6 UID COPY 1:3 other
A< a6 OK [COPYUID %d 3 1] %*
