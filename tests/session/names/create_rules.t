login A
A> a1 CREATE Work/
A< a1 OK %*
A> a2 CREATE Work
A< a2 NO [ALREADYEXISTS] %*
A> a3 CREATE inbox
A< a3 NO [ALREADYEXISTS] %*
A> a4 CREATE INBOX/below
A< a4 OK %*
A> a5 CREATE ""
A< a5 NO [CANNOT] %*
A> a6 CREATE "a//b"
A< a6 NO [CANNOT] %*
A> a8 CREATE "bad &name"
A< a8 NO [CANNOT] %*
A> a9 CREATE deep/er/est
A< a9 OK %*
A> b1 STATUS deep/er (MESSAGES)
A< * STATUS deep/er (MESSAGES 0)
A< b1 OK %*
A> b2 LIST "" iNbOx/%
A< * LIST (\HasNoChildren) "/" INBOX/below
A< b2 OK %*
