# RFC 9051, 9: media-message; by RFC 3501 only RFC822 has an envelope, and GLOBAL is a part like any other
message g
Content-Type: message/global

Subject: inner

x
.
login A
A> a1 APPEND INBOX {%#{g}+}%n%@{g}
A> a2 SELECT INBOX
A<~ a2 OK %*
A> a3 FETCH 1 (BODY BODYSTRUCTURE)
A< * 1 FETCH (BODY ("MESSAGE" "GLOBAL" NIL NIL NIL "7BIT" 21) BODYSTRUCTURE ("MESSAGE" "GLOBAL" NIL NIL NIL "7BIT" 21 NIL NIL NIL NIL))
A< a3 OK %*
A> a4 FETCH 1 BODY.PEEK[1.HEADER]
A< * 1 FETCH (BODY[1.HEADER] {18}%nSubject: inner%n%n)
A< a4 OK %*
A> a5 ENABLE IMAP4rev2
A<~ a5 OK %*
A> a6 FETCH 1 BODY
A< * 1 FETCH (BODY ("MESSAGE" "GLOBAL" NIL NIL NIL "7BIT" 21 (NIL "inner" NIL NIL NIL NIL NIL NIL NIL NIL) ("TEXT" "PLAIN" ("charset" "us-ascii") NIL NIL "7BIT" 3 1) 3))
A< a6 OK %*
