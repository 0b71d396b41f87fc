login A
A> a1 CREATE "B&APw-ro"
A< a1 OK %*
A> a2 CREATE "Salt &- Pepper"
A< a2 OK %*
A> a3 LIST "" *
A<{
  * LIST (\HasNoChildren) "/" INBOX
  * LIST (\HasNoChildren) "/" B&APw-ro
  * LIST (\HasNoChildren) "/" "Salt &- Pepper"
A<}
A< a3 OK %*
A> a4 CREATE "&2D3eAA-"
A< a4 OK %*
A> a5 ENABLE IMAP4rev2
A<~ a5 OK %*
A> a6 LIST "" *
A<{
  * LIST (\HasNoChildren) "/" INBOX
  * LIST (\HasNoChildren) "/" "Büro"
  * LIST (\HasNoChildren) "/" "Salt & Pepper"
  * LIST (\HasNoChildren) "/" "😀"
A<}
A< a6 OK %*
A> a7 STATUS "Büro" (MESSAGES)
A< * STATUS "Büro" (MESSAGES 0)
A< a7 OK %*
A> a8 CREATE "Büro2"
A< * LIST () "/" "Büro2" ("OLDNAME" ("Büro2"))
A< a8 OK %*
A> a9 DELETE "Büro2"
A< a9 OK %*
A> b1 CREATE plain
A< b1 OK %*
A> b2 RENAME plain "Büro3"
A< * LIST () "/" "Büro3" ("OLDNAME" (plain))
A< b2 OK %*
A> b3 RENAME "Büro3" plain
A< b3 OK %*
A<!
