login A
A> a1 IDLE
A< + %*
A> DONE
A< a1 OK %*
A> a2 APPEND INBOX {3}
A< + %*
A>> abc%n
A< a2 OK %*
connect B
B< * OK %*
B> b1 AUTHENTICATE PLAIN
B< + 
