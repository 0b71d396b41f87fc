# RFC 9051, appendix A.1: a superfluous shift, and ASCII that was coded
login A
A> a1 CREATE "&U,BTFw-&ZeVnLIqe-"
A< a1 NO [CANNOT] %*
A> a2 CREATE "&U,BTF2XlZyyKng-"
A< a2 OK %*
A> a3 CREATE "x&AGE-"
A< a3 NO [CANNOT] %*
A> a4 CREATE xa
A< a4 OK %*
A> a5 RENAME xa "&AGEAYg-"
A< a5 NO [CANNOT] %*
A> a6 CREATE "&Jjo!"
A< a6 NO [CANNOT] %*
A> a7 CREATE "&Jjo-!"
A< a7 OK %*
A> a8 CREATE "~peter/mail/&U,BTFw-/&ZeVnLIqe-"
A< a8 OK %*
A> a9 CREATE "&-&ZeVnLIqe-&-"
A< a9 OK %*
# looked up, they are told from nothing else
A> b1 STATUS "x&AGE-" (MESSAGES)
A< * STATUS xa (MESSAGES 0)
A< b1 OK %*
