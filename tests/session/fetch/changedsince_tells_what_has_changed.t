message hello
Subject: hello

world
.
login A
repeat 4 A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 SELECT INBOX (CONDSTORE)
A<~ * OK [HIGHESTMODSEQ %{m}] %*
A<~ a1 OK %*
A> a2 FETCH 1:* (FLAGS) (CHANGEDSINCE %{m})
A< a2 OK %*
A> a3 STORE 2,4 +FLAGS.SILENT (\Flagged)
A<~ a3 OK %*
A> a4 FETCH 1:* (FLAGS) (CHANGEDSINCE %{m})
A< * 2 FETCH (FLAGS (\Flagged \Recent) MODSEQ (%d))
A< * 4 FETCH (FLAGS (\Flagged \Recent) MODSEQ (%d))
A< a4 OK %*
A> a5 UID FETCH 1:3 (FLAGS MODSEQ) (CHANGEDSINCE %{m})
A< * 2 FETCH (UID 2 FLAGS (\Flagged \Recent) MODSEQ (%d))
A< a5 OK %*
A> a6 FETCH 1 (FLAGS) (CHANGEDSINCE 0)
A< * 1 FETCH (FLAGS (\Recent) MODSEQ (%d))
A< a6 OK %*
A> a7 UID FETCH 1:* (FLAGS) (CHANGEDSINCE %{m} VANISHED)
A< a7 BAD %*
A<!
