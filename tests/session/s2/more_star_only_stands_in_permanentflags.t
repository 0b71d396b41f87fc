login A
A> a1 SELECT INBOX
A< * FLAGS (\Answered \Flagged \Deleted \Seen \Draft)
A< * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft \*)] %*
A<~ a1 OK %*
A> a2 EXAMINE INBOX
A<! \*
A<~ a2 OK %*
