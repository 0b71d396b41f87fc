connect A
A< * OK %*
A> a1 LOGIN alice wrong
A< a1 NO [AUTHENTICATIONFAILED] Name or password is wrong
A> a2 LOGIN nobody secret
A< a2 NO [AUTHENTICATIONFAILED] Name or password is wrong
A> a3 LOGIN "" ""
A< a3 NO [AUTHENTICATIONFAILED] Name or password is wrong
A> a4 LOGIN ALICE@example.org secret
A< a4 OK %*
