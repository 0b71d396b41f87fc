login A
A> a1 ENABLE IMAP4rev2
A> a2 CREATE "é"
A<~ a2 OK %*
A> a3 SELECT "é"
A<~ * LIST (%*) "/" "é" ("OLDNAME" ("é"))
A<~ a3 OK %*
A> a4 SELECT "é"
A<~ * LIST (%*) "/" "é"
A<~ a4 OK %*
