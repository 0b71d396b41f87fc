mail 1
login A
A> a1 SELECT INBOX (CONDSTORE)
A<~ a1 OK %*
A> a2 FETCH 1 BODY[TEXT]
A< * 1 FETCH (BODY[TEXT] {8}%nbody 1%n)
A< * 1 FETCH (UID 1 FLAGS (\Seen \Recent) MODSEQ (%{m}))
A< a2 OK [HIGHESTMODSEQ %{m}] %*
