connect A
A< * OK %*
A> a1 SELECT INBOX
A< a1 BAD %*
A> a2 NOOP
A< a2 OK %*
A> a3 ID ("name" "x")
A< * ID ("name" "Tern" "version" "%*")
A< a3 OK %*
A> a4 ENABLE CONDSTORE
A< a4 BAD %*
A> a5 FETCH 1 FLAGS
A< a5 BAD %*
A> a6 LOGIN alice secret
A< a6 OK %*
A> a7 LOGIN alice secret
A< a7 BAD %*
A> a8 FETCH 1 FLAGS
A< a8 BAD %*
A> a9 AUTHENTICATE PLAIN
A< a9 BAD %*
