login A
commits hold
A> a1 CREATE new
A<!
commits end 0 fail
A< a1 NO [UNAVAILABLE] %*
commits go
A> a2 LIST "" *
A< * LIST (\HasNoChildren) "/" INBOX
A< a2 OK %*
