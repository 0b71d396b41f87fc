message hello
Subject: hello

world
.
login A
login B
A> x ENABLE QRESYNC
repeat 5 A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 SELECT INBOX
A<~ * OK [HIGHESTMODSEQ %{m}] %*
A<~ a1 OK %*
B> b1 SELECT INBOX
B> b2 STORE 2 +FLAGS.SILENT (\Deleted)
B> b3 EXPUNGE
B> b4 STORE 3 +FLAGS.SILENT (\Flagged)
B<~ b4 OK %*
# A number of a message: the expunge of UID 2 may not be told now, it becomes a ghost
A> a2 FETCH 1 FLAGS
A<~ a2 OK %*
A> a3 UID FETCH 1:* (FLAGS) (CHANGEDSINCE %{m} VANISHED)
A< * 4 FETCH (UID 4 FLAGS (\Flagged%*) MODSEQ (%d))
A<~ * VANISHED 2
A<~ a3 OK %*
A> a4 UID FETCH 1:* (FLAGS) (CHANGEDSINCE %{m} VANISHED)
A< * VANISHED (EARLIER) 2
A< * 3 FETCH (UID 4 FLAGS (\Flagged%*) MODSEQ (%d))
A< a4 OK %*
