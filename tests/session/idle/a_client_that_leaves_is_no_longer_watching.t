mail 1
login A
login B
A> a1 SELECT INBOX
A> a2 IDLE
A<~ + %*
A drops
B> b1 APPEND INBOX {3+}%nabc
B< b1 OK %*
