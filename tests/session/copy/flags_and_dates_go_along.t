login A
A> a1 CREATE other
A> a2 APPEND INBOX (\Flagged $Kw \Deleted) "01-Feb-1999 23:59:59 -0800" {3+}%nabc
A> a3 SELECT INBOX
A> a4 COPY 1 other
A> a5 SELECT other
A<~ a5 OK %*
A> a6 FETCH 1 (FLAGS INTERNALDATE)
A< * 1 FETCH (FLAGS (\Flagged \Deleted \Recent $Kw) INTERNALDATE " 1-Feb-1999 23:59:59 -0800")
A< a6 OK %*
