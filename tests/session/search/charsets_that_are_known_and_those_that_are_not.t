message hello
Subject: =?utf-8?Q?=C3=A4?=

x
.
login A
A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> a2 SEARCH CHARSET US-ASCII ALL
A< * SEARCH 1
A< a2 OK %*
A> a3 SEARCH CHARSET x-nonsense ALL
A< a3 NO [BADCHARSET (%*)] %*
A> a4 SEARCH RETURN (COUNT) CHARSET UTF-8 SUBJECT {2+}%nä
A< * ESEARCH (TAG "a4") COUNT 1
A< a4 OK %*
A> a5 ENABLE IMAP4rev2
A<~ a5 OK %*
A> a6 SEARCH SUBJECT "Ä"
A< * ESEARCH (TAG "a6") ALL 1
A< a6 OK %*
