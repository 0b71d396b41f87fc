mail 2
login A
A> a1 SELECT INBOX
A> a2 STORE 1 +FLAGS (\Flagged $Kept)
A> a3 STORE 2 +FLAGS.SILENT (\Deleted)
A> a4 EXPUNGE
A> a5 CREATE box
A<~ a5 OK %*
A> a6 STATUS INBOX (UIDVALIDITY UIDNEXT HIGHESTMODSEQ)
A<~ * STATUS INBOX (UIDNEXT %{n} UIDVALIDITY %{v} HIGHESTMODSEQ %{m})
commits hold
A> a7 STORE 1 +FLAGS (\Seen)
crash
login A
A> b1 SELECT INBOX
A<~ * 1 EXISTS
A<~ * OK [UIDVALIDITY %{v}] %*
A<~ * OK [UIDNEXT %{n}] %*
A<~ * OK [HIGHESTMODSEQ %{m}] %*
A<~ b1 OK %*
A> b2 FETCH 1 (UID FLAGS)
A< * 1 FETCH (UID 1 FLAGS (\Flagged%*$Kept))
A< b2 OK %*
A> b3 SELECT box
A<~ b3 OK %*
