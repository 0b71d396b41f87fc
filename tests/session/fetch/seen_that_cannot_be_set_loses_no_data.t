message hello
Subject: hello

world
.
login A
A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 SELECT INBOX
A<~ a1 OK %*
commits hold
A> a2 FETCH 1 BODY[TEXT]
A< * 1 FETCH (BODY[TEXT] {7}%nworld%n)
A<!
commits waiting 1
commits end 0 fail
A< a2 OK %*
A<!
