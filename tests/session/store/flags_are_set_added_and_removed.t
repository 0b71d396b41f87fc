mail 2
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 STORE 1 FLAGS (\Seen \Flagged)
A< * 1 FETCH (FLAGS (\Seen \Flagged \Recent))
A< a2 OK %*
A> a3 STORE 1:2 +FLAGS (\Answered)
A< * 1 FETCH (FLAGS (\Seen \Answered \Flagged \Recent))
A< * 2 FETCH (FLAGS (\Answered \Recent))
A< a3 OK %*
A> a4 UID STORE 1 -FLAGS (\Seen \Draft)
A< * 1 FETCH (UID 1 FLAGS (\Answered \Flagged \Recent))
A< a4 OK %*
A> a5 STORE 1 FLAGS ()
A< * 1 FETCH (FLAGS (\Recent))
A< a5 OK %*
A> a6 STORE 1 +FLAGS \Deleted \Draft
A< * 1 FETCH (FLAGS (\Deleted \Draft \Recent))
A< a6 OK %*
