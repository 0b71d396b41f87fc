message hello
Subject: hello

x
.
login A
A> a1 ENABLE IMAP4rev2
A> a2 CREATE "é"
A<~ a2 OK %*
A> a3 APPEND "é" {%#{hello}+}%n%@{hello}
A< * LIST () "/" "é" ("OLDNAME" ("é"))
A< a3 OK [APPENDUID %d 1] %*
A> a4 APPEND "é" {%#{hello}+}%n%@{hello}
A< a4 OK [APPENDUID %d 2] %*
A> a5 APPEND inbox {%#{hello}+}%n%@{hello}
A< a5 OK [APPENDUID %d 1] %*
