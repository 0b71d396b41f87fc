connect A remote
A< * OK %*
A>> a1 STARTTLS%na2 LOGIN alice secret%na3 NOO
A< a1 OK %*
A<!
A> a4 NOOP
A< a4 OK %*
