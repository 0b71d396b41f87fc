mail 2
login A
A> a1 SELECT INBOX (CONDSTORE)
A<~ * OK [HIGHESTMODSEQ %{m0}] %*
A<~ a1 OK %*
A> a2 STORE 1 +FLAGS (\Seen)
A< * 1 FETCH (UID 1 FLAGS (\Seen \Recent) MODSEQ (%{m1}))
A< a2 OK [HIGHESTMODSEQ %{m1}] %*
A> a3 STORE 2 +FLAGS.SILENT (\Deleted)
A< * 2 FETCH (UID 2 MODSEQ (%{m2}))
A< a3 OK [HIGHESTMODSEQ %{m2}] %*
A> a4 EXPUNGE
A< * 2 EXPUNGE
A< a4 OK [HIGHESTMODSEQ %{m3}] %*
A> a5 NOOP
A< a5 OK NOOP completed
A>> a6 APPEND INBOX {3+}%nabc%n
A< * 2 EXISTS
A< * 2 RECENT
A< * OK [HIGHESTMODSEQ %{m4}] %*
A< a6 OK [APPENDUID %d 3] %*
A> a7 FETCH 2 (MODSEQ)
A< * 2 FETCH (MODSEQ (%{m4}))
A< a7 OK FETCH completed
