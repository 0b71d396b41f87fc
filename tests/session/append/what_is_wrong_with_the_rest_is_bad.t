login A
A> a1 APPEND INBOX (\) {5}
A< + %*
A> hello
A< a1 BAD %*
A> a2 APPEND INBOX "32-Jan-2020 00:00:00 +0000" {5}
A< + %*
A> hello
A< a2 BAD %*
A> a3 APPEND INBOX "hello"
A< a3 BAD %*
A> a4 APPEND INBOX
A< a4 BAD %*
A> a5 NOOP
A< a5 OK %*
