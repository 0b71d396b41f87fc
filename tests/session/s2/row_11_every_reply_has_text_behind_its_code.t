mail 1
login A
A> a1 SELECT INBOX (CONDSTORE)
A<~ a1 OK [READ-WRITE] %{t1}%*
A> a2 STORE 1 +FLAGS (\Seen)
A<~ a2 OK [HIGHESTMODSEQ %d] %{t2}%*
A> a3 SELECT nowhere
A<~ a3 NO [NONEXISTENT] %{t3}%*
