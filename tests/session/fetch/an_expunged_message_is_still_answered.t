message one
Subject: one

first
.
message two
Subject: two

second
.
login A
login B
A> x APPEND INBOX {%#{one}+}%n%@{one}
A> x APPEND INBOX {%#{two}+}%n%@{two}
A> a1 SELECT INBOX
A<~ a1 OK %*
B> b1 SELECT INBOX
B> b2 STORE 1 +FLAGS.SILENT (\Deleted)
B> b3 EXPUNGE
B<~ b3 OK %*
A> a2 FETCH 1 (UID BODY[TEXT])
A<~ * 1 FETCH (UID 1 BODY[TEXT] {7}%nfirst%n)
A<! EXPUNGE
A<~ a2 OK %*
A> a3 FETCH 2 (UID BODY.PEEK[TEXT])
A<~ * 2 FETCH (UID 2 BODY[TEXT] {8}%nsecond%n)
A<~ a3 OK %*
A> a4 UID FETCH 1:2 (UID BODY.PEEK[TEXT])
A< * 1 FETCH (UID 1 BODY[TEXT] {7}%nfirst%n)
A< * 2 FETCH (UID 2 BODY[TEXT] {8}%nsecond%n)
A< * 1 EXPUNGE
A< a4 OK %*
A> a5 FETCH 1 (UID)
A< * 1 FETCH (UID 2)
A< a5 OK %*
