option max_message 1000
login A
A> a1 APPEND nowhere {5}
A< a1 NO [TRYCREATE] %*
A> a2 APPEND INBOX {1001}
A< a2 NO [TOOBIG] %*
disk full
A> a3 APPEND INBOX {5}
A< a3 NO [UNAVAILABLE] %*
disk free
A> a4 APPEND INBOX {5}
A< + %*
A>> hello
A> 
A< a4 OK [APPENDUID %d 1] %*
