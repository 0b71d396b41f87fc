message eight
From: Jürgen <j@example.org>
Subject: Grüße

x
.
login A
A> x APPEND INBOX {%#{eight}+}%n%@{eight}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> a2 FETCH 1 ENVELOPE
A< * 1 FETCH (ENVELOPE (NIL "=?%*" ((%* NIL "j" "example.org")) %*))
A< a2 OK %*
A> a3 UNSELECT
A> a4 ENABLE IMAP4rev2
A<~ a4 OK %*
A> a5 EXAMINE INBOX
A<~ a5 OK %*
A> a6 FETCH 1 ENVELOPE
A< * 1 FETCH (ENVELOPE (NIL "Grüße" (("Jürgen" NIL "j" "example.org")) %*))
A< a6 OK %*
