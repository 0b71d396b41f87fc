mail 3
login A
A> a0 SELECT INBOX
A<~ a0 OK %*
A> a1 STORE 1 +FLAGS (\Seen $Kw)
A<~ a1 OK %*
A> a2 UNSELECT
A< a2 OK %*
A> a3 SELECT inbox
A< * FLAGS (\Answered \Flagged \Deleted \Seen \Draft $Kw)
A< * OK [PERMANENTFLAGS (\Answered \Flagged \Deleted \Seen \Draft $Kw \*)] %*
A< * 3 EXISTS
A< * 0 RECENT
A< * OK [UNSEEN 2] %*
A< * OK [UIDVALIDITY %{v}] %*
A< * OK [UIDNEXT 4] %*
A< * OK [HIGHESTMODSEQ %d] %*
A< a3 OK [READ-WRITE] %*
A<!
