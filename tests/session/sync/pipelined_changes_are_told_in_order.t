mail 3
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A>> a2 STORE 1 +FLAGS (\Deleted)%na3 EXPUNGE%na4 FETCH 1 UID%n
A< * 1 FETCH (FLAGS (\Deleted \Recent))
A< a2 OK %*
A< * 1 EXPUNGE
A< a3 OK %*
A< * 1 FETCH (UID 2)
A< a4 OK %*
A<!
