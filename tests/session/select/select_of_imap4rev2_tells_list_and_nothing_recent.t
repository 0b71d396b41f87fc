login A
A> a1 CREATE Sent
A<~ a1 OK %*
A> a2 ENABLE IMAP4rev2
A< * ENABLED IMAP4rev2
A< a2 OK %*
mail 1
A> a3 SELECT inbox
A< * FLAGS (%*)
A< * OK [PERMANENTFLAGS (%*)] %*
A< * 1 EXISTS
A< * OK [UIDVALIDITY %{v}] %*
A< * OK [UIDNEXT 2] %*
A< * OK [HIGHESTMODSEQ %d] %*
A< * LIST (%*) "/" INBOX
A< a3 OK [READ-WRITE] %*
A> a4 FETCH 1 FLAGS
A< * 1 FETCH (FLAGS ())
A< a4 OK %*
