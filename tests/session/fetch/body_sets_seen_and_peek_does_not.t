message hello
Subject: hello

world
.
login A
repeat 8 A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 FETCH 1:3 (BODY.PEEK[] BODY.PEEK[HEADER] RFC822.HEADER BINARY.PEEK[1] BINARY.SIZE[1] ENVELOPE BODYSTRUCTURE RFC822.SIZE)
A<~ a2 OK %*
A> a3 FETCH 1:* FLAGS
A<! \Seen
A<~ a3 OK %*
A> b1 FETCH 1 BODY[HEADER]
A< * 1 FETCH (BODY[HEADER] {18}%nSubject: hello%n%n)
A< * 1 FETCH (FLAGS (\Seen \Recent))
A< b1 OK %*
A> b2 FETCH 2 BODY[1]<0.2>
A< * 2 FETCH (BODY[1]<0> {2}%nwo)
A< * 2 FETCH (FLAGS (\Seen \Recent))
A< b2 OK %*
A> b3 FETCH 3 RFC822
A< * 3 FETCH (RFC822 {25}%nSubject: hello%n%nworld%n)
A< * 3 FETCH (FLAGS (\Seen \Recent))
A< b3 OK %*
A> b4 FETCH 4 RFC822.TEXT
A< * 4 FETCH (RFC822.TEXT {7}%nworld%n)
A< * 4 FETCH (FLAGS (\Seen \Recent))
A< b4 OK %*
A> b5 FETCH 5 BINARY[1]
A< * 5 FETCH (BINARY[1] {7}%nworld%n)
A< * 5 FETCH (FLAGS (\Seen \Recent))
A< b5 OK %*
A> b6 UID FETCH 5:7 BODY[TEXT]
A< * 5 FETCH (UID 5 BODY[TEXT] {7}%nworld%n)
A< * 6 FETCH (UID 6 BODY[TEXT] {7}%nworld%n)
A< * 7 FETCH (UID 7 BODY[TEXT] {7}%nworld%n)
A< * 6 FETCH (UID 6 FLAGS (\Seen \Recent))
A< * 7 FETCH (UID 7 FLAGS (\Seen \Recent))
A< b6 OK %*
A> b7 EXAMINE INBOX
A<~ b7 OK %*
A> b8 FETCH 8 BODY[TEXT]
A< * 8 FETCH (BODY[TEXT] {7}%nworld%n)
A< b8 OK %*
A> b9 FETCH 8 FLAGS
A< * 8 FETCH (FLAGS (%*))
A<! \Seen
A<~ b9 OK %*
