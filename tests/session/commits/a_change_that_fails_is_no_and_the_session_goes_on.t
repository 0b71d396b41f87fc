mail 2
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
B> b1 SELECT INBOX
B<~ b1 OK %*
commits hold
A> a2 STORE 1 +FLAGS (\Flagged)
commits end 0 fail
A< a2 NO [UNAVAILABLE] %*
A>> a3 APPEND INBOX {3+}%nabc%n
commits end 0 full
A< a3 NO [UNAVAILABLE] %*
A> a4 COPY 1 INBOX
commits end 0 fail
A< a4 NO [UNAVAILABLE] %*
A> a5 CREATE box
commits end 0 fail
A< a5 NO [UNAVAILABLE] %*
B> b2 NOOP
B< b2 OK %*
commits go
A> a6 STORE 2 +FLAGS (\Seen)
A< * 2 FETCH (FLAGS (\Seen \Recent))
A< a6 OK %*
A> a7 FETCH 1 FLAGS
A< * 1 FETCH (FLAGS (\Recent))
A< a7 OK %*
A<!
