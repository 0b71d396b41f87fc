mail 1
login A
A> a1 SELECT INBOX
repeat 512 A> k%i STORE 1 +FLAGS.SILENT (word%i)
A<~ * OK [PERMANENTFLAGS (%*word512)] %*
A<~ k512 OK %*
A> a2 STORE 1 +FLAGS (onetoomany)
A< a2 NO [LIMIT] %*
A> a3 STORE 1 FLAGS (word7)
A< * 1 FETCH (FLAGS (\Recent word7))
A< a3 OK %*
