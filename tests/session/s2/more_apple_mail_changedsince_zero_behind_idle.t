mail 1
login A
A> a1 SELECT INBOX (CONDSTORE)
A<~ a1 OK %*
A>> a2 IDLE%nDONE%n%na3 FETCH 1:* (FLAGS UID) (CHANGEDSINCE 0)%n
A< + %*
A< a2 OK %*
A< * 1 FETCH (FLAGS (\Recent) UID 1 MODSEQ (%d))
A< a3 OK %*
