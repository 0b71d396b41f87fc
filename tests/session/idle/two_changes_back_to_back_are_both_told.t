mail 3
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 IDLE
A< + %*
B> b1 SELECT INBOX
B>> b2 STORE 1 +FLAGS (\Flagged)%nb3 STORE 2 +FLAGS (\Deleted)%nb4 EXPUNGE%nb5 APPEND INBOX {3+}%nabc%n
A< * 1 FETCH (FLAGS (\Flagged \Recent))
A<~ * 2 EXPUNGE
A< * 3 EXISTS
A< * 3 RECENT
B<~ b5 OK %*
A>> DONE%na3 FETCH 3 UID%n
A< a2 OK %*
A< * 3 FETCH (UID 4)
A< a3 OK %*
