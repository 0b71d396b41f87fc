message odd
Subject: odd%0

no end of line, NUL %0 and
  more
.
message empty
.
login A
A> x APPEND INBOX ~{%#{odd}+}%n%@{odd}
A> x APPEND INBOX {1+}%nx
A> x APPEND INBOX {4+}%n%n%n
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> a2 FETCH 1 (RFC822.SIZE BODY[])
A< * 1 FETCH (RFC822.SIZE %#{odd} BODY[] {%#{odd}}%n%@{odd})
A< a2 OK %*
A> a3 FETCH 2 (RFC822.SIZE BODY[] BODY[TEXT] BODY[1])
A< * 2 FETCH (RFC822.SIZE 1 BODY[] {1}%nx BODY[TEXT] %* BODY[1] %*)
A< a3 OK %*
A> a4 FETCH 3 (RFC822.SIZE BODY[] BODY[HEADER] BODY[TEXT])
A< * 3 FETCH (RFC822.SIZE 4 BODY[] {4}%n%n%n BODY[HEADER] {2}%n%n BODY[TEXT] {2}%n%n)
A< a4 OK %*
