login A
A>> a1 APPEND INBOX {3+}%na%0b%n
A< a1 NO [CANNOT] %*
A>> a2 APPEND INBOX ~{3+}%na%0b%n
A< a2 OK [APPENDUID %d 1] %*
A> a3 SELECT INBOX
A<~ a3 OK %*
A> a4 FETCH 1 (RFC822.SIZE)
A< * 1 FETCH (RFC822.SIZE 3)
A< a4 OK %*
