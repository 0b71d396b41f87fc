mail 1
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 STORE 1 +FLAGS (\Seen)
A< * 1 FETCH (FLAGS (\Seen \Recent))
A< a2 OK STORE completed
A> a3 FETCH 1 (MODSEQ)
A< * OK [HIGHESTMODSEQ %{m}] %*
A< * 1 FETCH (MODSEQ (%{m}))
A<~ a3 OK %*
A> a4 STORE 1 -FLAGS (\Seen)
A< * 1 FETCH (UID 1 FLAGS (\Recent) MODSEQ (%{m2}))
A< a4 OK [HIGHESTMODSEQ %{m2}] %*
