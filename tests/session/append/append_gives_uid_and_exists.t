message hello
Subject: hello

world
.
login A
A> a1 SELECT INBOX
A<~ a1 OK [READ-WRITE] %*
A> a2 APPEND INBOX {%#{hello}}
A< + %*
A>> %@{hello}
A> 
A< * 1 EXISTS
A< * 1 RECENT
A< a2 OK [APPENDUID %{v} 1] %*
A> a3 APPEND INBOX (\Seen $Label1) "02-Jan-2020 10:11:12 +0130" {%#{hello}+}%n%@{hello}
A< * 2 EXISTS
A< * 2 RECENT
A< * FLAGS (%*$Label1%*)
A< * OK [PERMANENTFLAGS (%*\*)] %*
A< a3 OK [APPENDUID %{v} 2] %*
A> a4 FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])
A< * 1 FETCH (UID 1 FLAGS (\Recent) INTERNALDATE "%*" RFC822.SIZE %#{hello} BODY[] {%#{hello}}%n%@{hello})
A< * 2 FETCH (UID 2 FLAGS (%*) INTERNALDATE " 2-Jan-2020 10:11:12 +0130" RFC822.SIZE %#{hello} BODY[] {%#{hello}}%n%@{hello})
A< a4 OK %*
A<!
