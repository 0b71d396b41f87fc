message hello
Subject: hello

x
.
login A
repeat 3 A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> a2 SEARCH 1,3
A< * SEARCH 1 3
A< a2 OK %*
A> a3 SEARCH RETURN () 1,3
A< * ESEARCH (TAG "a3") ALL 1,3
A< a3 OK %*
A> a4 SEARCH RETURN (COUNT MIN) SUBJECT nothing
A< * ESEARCH (TAG "a4") COUNT 0
A< a4 OK %*
A> a5 ENABLE IMAP4rev2
A<~ a5 OK %*
A> a6 SEARCH 1,3
A< * ESEARCH (TAG "a6") ALL 1,3
A< a6 OK %*
A> a7 UID SEARCH SUBJECT nothing
A< * ESEARCH (TAG "a7") UID
A< a7 OK %*
A<!
