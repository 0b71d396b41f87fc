mail 4
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 SEARCH RETURN (SAVE) 2:4
A< a2 OK %*
B> b1 SELECT INBOX
B> b2 STORE 3 +FLAGS.SILENT (\Deleted)
B> b3 EXPUNGE
A> a3 FETCH $ UID
A< * 2 FETCH (UID 2)
A< * 3 FETCH (UID 3)
A< * 4 FETCH (UID 4)
A< a3 OK %*
A> a4 NOOP
A< * 3 EXPUNGE
A< a4 OK %*
A> a5 FETCH $ UID
A< * 2 FETCH (UID 2)
A< * 3 FETCH (UID 4)
A< a5 OK %*
A> a6 UID STORE $ +FLAGS.SILENT (\Seen)
A< a6 OK %*
A> a7 MOVE $ INBOX
A< * OK [COPYUID %d 2,4 5:6] %*
A<~ a7 OK %*
A> a8 FETCH $ UID
A< a8 OK %*
