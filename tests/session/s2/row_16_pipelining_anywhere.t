mail 2
login A
A>> %na1 SELECT INBOX%n%n%na2 STORE 1 +FLAGS (\Deleted)%na3 EXPUNGE%na4 IDLE%nDONE%na5 NOOP%na6 SEARCH ALL%na7 IDLE%n
A<~ a1 OK %*
A< * 1 FETCH (FLAGS (\Deleted \Recent))
A< a2 OK %*
A< * 1 EXPUNGE
A< a3 OK %*
A< + %*
A< a4 OK %*
A< a5 OK %*
A< * SEARCH 1
A< a6 OK %*
A< + %*
A<!
A> DONE
A< a7 OK %*
