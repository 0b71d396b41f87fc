message hello
Subject: hello

x
.
login A
repeat 4 A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 SELECT INBOX (CONDSTORE)
A<~ * OK [HIGHESTMODSEQ %{old}] %*
A<~ a1 OK %*
A> a2 STORE 3 +FLAGS.SILENT (\Flagged)
A< * 3 FETCH (%*MODSEQ (%{third}))
A<~ a2 OK %*
A> a3 STORE 2 +FLAGS.SILENT (\Flagged)
A< * 2 FETCH (%*MODSEQ (%{second}))
A<~ a3 OK %*
A> b1 SEARCH MODSEQ %{third}
A< * SEARCH 2 3 (MODSEQ %{second})
A< b1 OK %*
A> b2 SEARCH RETURN (ALL) MODSEQ %{third}
A< * ESEARCH (TAG "b2") MODSEQ %{second} ALL 2:3
A< b2 OK %*
A> b3 SEARCH RETURN (MAX) MODSEQ %{third}
A< * ESEARCH (TAG "b3") MAX 3 MODSEQ %{third}
A< b3 OK %*
A> b4 SEARCH RETURN (MIN COUNT) MODSEQ %{third}
A< * ESEARCH (TAG "b4") MIN 2 COUNT 2 MODSEQ %{second}
A< b4 OK %*
A> b5 SEARCH MODSEQ 720162338
A< * SEARCH
A< b5 OK %*
A> b6 SEARCH MODSEQ "/flags/\\draft" all 1 NOT FLAGGED
A< * SEARCH 1 4 (MODSEQ %d)
A< b6 OK %*
A> b7 SEARCH OR NOT MODSEQ %{third} LARGER 50000
A< * SEARCH 1 4 (MODSEQ %d)
A< b7 OK %*
