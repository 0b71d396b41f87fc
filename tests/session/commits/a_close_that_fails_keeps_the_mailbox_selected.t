mail 1
login A
A> a1 SELECT INBOX
A> a2 STORE 1 +FLAGS.SILENT (\Deleted)
A<~ a2 OK %*
commits hold
A> a3 CLOSE
commits end 0 fail
A< a3 NO [UNAVAILABLE] %*
A> a4 FETCH 1 UID
A< * 1 FETCH (UID 1)
A< a4 OK %*
A> a5 EXPUNGE
commits end 0 fail
A< a5 NO [UNAVAILABLE] %*
commits go
A> a6 CLOSE
A< a6 OK %*
