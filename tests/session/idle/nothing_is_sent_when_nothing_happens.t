mail 1
login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 IDLE
A< + %*
B> b1 CREATE box
B> b2 APPEND box {3+}%nabc
B> b3 SELECT INBOX
B> b4 STORE 1 +FLAGS ()
B<~ b4 OK %*
A<!
clock +600
A<!
A> DONE
A< a2 OK %*
