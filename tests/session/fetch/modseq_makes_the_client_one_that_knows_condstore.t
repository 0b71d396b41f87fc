message hello
Subject: hello

world
.
login A
A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 FETCH 1 (MODSEQ)
A< * OK [HIGHESTMODSEQ %{m}] %*
A< * 1 FETCH (MODSEQ (%d))
A< a2 OK %*
A> a3 STORE 1 +FLAGS (\Flagged)
A< * 1 FETCH (UID 1 FLAGS (%*) MODSEQ (%d))
A< a3 OK %*
