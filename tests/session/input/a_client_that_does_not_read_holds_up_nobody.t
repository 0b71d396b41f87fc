message big of 20000 lines
login A
login B
A> a1 APPEND INBOX {%#{big}+}%n%@{big}
A<~ a1 OK %*
A> a2 SELECT INBOX
A<~ a2 OK %*
A stalls on
A> a3 FETCH 1 BODY.PEEK[]
B> b1 NOOP
B< b1 OK %*
B> b2 SELECT INBOX
B> b3 STORE 1 +FLAGS (\Deleted)
B> b4 EXPUNGE
B<~ b4 OK %*
A stalls off
A< * 1 FETCH (BODY[] {%#{big}}%n%@{big})
A<~ a3 OK %*
