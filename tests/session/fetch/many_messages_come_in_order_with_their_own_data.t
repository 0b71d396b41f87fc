message hello
Subject: hello

world
.
login A
repeat 150 A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> a2 FETCH 63:66,127:130 (UID ENVELOPE)
A< * 63 FETCH (UID 63 ENVELOPE (NIL "hello" %*))
A< * 64 FETCH (UID 64 ENVELOPE (NIL "hello" %*))
A< * 65 FETCH (UID 65 ENVELOPE (NIL "hello" %*))
A< * 66 FETCH (UID 66 ENVELOPE (NIL "hello" %*))
A< * 127 FETCH (UID 127 ENVELOPE (NIL "hello" %*))
A< * 128 FETCH (UID 128 ENVELOPE (NIL "hello" %*))
A< * 129 FETCH (UID 129 ENVELOPE (NIL "hello" %*))
A< * 130 FETCH (UID 130 ENVELOPE (NIL "hello" %*))
A< a2 OK %*
A> a3 UID FETCH 140:* BODY.PEEK[TEXT]
A< * 140 FETCH (UID 140 BODY[TEXT] {7}%nworld%n)
A<~ * 150 FETCH (UID 150 BODY[TEXT] {7}%nworld%n)
A< a3 OK %*
A<!
