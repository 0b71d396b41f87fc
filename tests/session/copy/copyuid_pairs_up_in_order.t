mail 5
login A
A> a1 CREATE other
A> a1b STATUS other (UIDVALIDITY)
A<~ * STATUS other (UIDVALIDITY %{v})
A<~ a1b OK %*
A> a2 SELECT INBOX
A<~ a2 OK %*
A> a3 COPY 5,1:2,4 other
A< a3 OK [COPYUID %{v} 1:2,4:5 1:4] %*
A> a4 COPY 3 other
A< a4 OK [COPYUID %{v} 3 5] %*
A> a5 SELECT other
A<~ a5 OK %*
A> a6 FETCH 1:* BODY.PEEK[TEXT]
A< * 1 FETCH (BODY[TEXT] {8}%nbody 1%n)
A< * 2 FETCH (BODY[TEXT] {8}%nbody 2%n)
A< * 3 FETCH (BODY[TEXT] {8}%nbody 4%n)
A< * 4 FETCH (BODY[TEXT] {8}%nbody 5%n)
A< * 5 FETCH (BODY[TEXT] {8}%nbody 3%n)
A< a6 OK %*
