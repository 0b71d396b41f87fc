login A
A> a1 APPEND INBOX {500}
A< + %*
A>> half a mess
A drops
login B
B> b1 STATUS INBOX (MESSAGES UIDNEXT)
B< * STATUS INBOX (MESSAGES 0 UIDNEXT 1)
B< b1 OK %*
