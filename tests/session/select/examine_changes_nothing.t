mail 2
login A
A> a1 EXAMINE INBOX
A< * FLAGS (%*)
A< * OK [PERMANENTFLAGS ()] %*
A< * 2 EXISTS
A< * 2 RECENT
A<~ a1 OK [READ-ONLY] %*
A> a2 STORE 1 +FLAGS (\Seen)
A< a2 NO %*
A> a3 EXPUNGE
A< a3 NO %*
A> a4 MOVE 1 INBOX
A< a4 NO %*
A> a5 FETCH 1 BODY[]
A< * 1 FETCH (BODY[] {%*)
A< a5 OK %*
A> a6 CLOSE
A< a6 OK %*
# \Recent was not taken, and nothing was seen
A> a7 SELECT INBOX
A< * FLAGS (%*)
A< * OK [PERMANENTFLAGS (%*)] %*
A< * 2 EXISTS
A< * 2 RECENT
A< * OK [UNSEEN 1] %*
A<~ a7 OK [READ-WRITE] %*
