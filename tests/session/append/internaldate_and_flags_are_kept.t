login A
A> a1 APPEND INBOX (\Seen \Flagged $Junk) " 1-Feb-1999 23:59:59 -0800" {3+}%nabc
A<~ a1 OK %*
A> a2 SELECT INBOX
A<~ a2 OK %*
A> a3 FETCH 1 (FLAGS INTERNALDATE)
A< * 1 FETCH (FLAGS (\Seen \Flagged \Recent $Junk) INTERNALDATE " 1-Feb-1999 23:59:59 -0800")
A< a3 OK %*
