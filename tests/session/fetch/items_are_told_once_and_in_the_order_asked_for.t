message hello
From: A <a@example.org>
Subject: hello
Date: Mon, 2 Mar 2020 10:00:00 +0100

world
.
login A
A> x APPEND INBOX (\Seen) "02-Jan-2020 10:11:12 +0130" {%#{hello}+}%n%@{hello}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> a2 FETCH 1 (RFC822.SIZE UID FLAGS UID INTERNALDATE RFC822.SIZE)
A< * 1 FETCH (RFC822.SIZE %#{hello} UID 1 FLAGS (\Seen \Recent) INTERNALDATE " 2-Jan-2020 10:11:12 +0130")
A< a2 OK %*
A> a3 UID FETCH 1 (FLAGS BODY.PEEK[TEXT] BODY[TEXT])
A< * 1 FETCH (UID 1 FLAGS (\Seen \Recent) BODY[TEXT] {7}%nworld%n)
A< a3 OK %*
A> a4 FETCH 1 FAST
A< * 1 FETCH (FLAGS (%*) INTERNALDATE "%*" RFC822.SIZE %d)
A< a4 OK %*
A> a5 FETCH 1 ALL
A< * 1 FETCH (FLAGS (%*) INTERNALDATE "%*" RFC822.SIZE %d ENVELOPE ("Mon, 2 Mar 2020 10:00:00 +0100" "hello" (("A" NIL "a" "example.org")) (("A" NIL "a" "example.org")) (("A" NIL "a" "example.org")) NIL NIL NIL NIL NIL))
A< a5 OK %*
A> a6 FETCH 1 FULL
A< * 1 FETCH (FLAGS (%*) INTERNALDATE "%*" RFC822.SIZE %d ENVELOPE (%*) BODY ("TEXT" "PLAIN" %* "7BIT" 7 1))
A< a6 OK %*
A<!
