message long of 20000 lines
login A
A> x APPEND INBOX {%#{long}+}%n%@{long}
A> x APPEND INBOX {%#{long}+}%n%@{long}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A stalls on
A> a2 FETCH 1:2 (UID BODY[] FLAGS)
A stalls off
A< * 1 FETCH (UID 1 BODY[] {%#{long}}%n%@{long} FLAGS (%*))
A< * 2 FETCH (UID 2 BODY[] {%#{long}}%n%@{long} FLAGS (%*))
A< a2 OK %*
A<!
