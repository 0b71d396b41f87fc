message odd
Subject: odd%lbare lf%n
.
message none
.
login A
A> a1 APPEND INBOX {%#{odd}+}%n%@{odd}
A<~ a1 OK %*
A> a2 APPEND INBOX {0}
A< + %*
A> 
A<~ a2 OK %*
A> a3 SELECT INBOX
A<~ a3 OK %*
A> a4 FETCH 1:2 (RFC822.SIZE BODY.PEEK[])
A< * 1 FETCH (RFC822.SIZE %#{odd} BODY[] {%#{odd}}%n%@{odd})
A< * 2 FETCH (RFC822.SIZE 0 BODY[] "")
A< a4 OK %*
