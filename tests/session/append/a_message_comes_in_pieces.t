message big of 3000 lines
login A
A> a1 APPEND INBOX {%#{big}}
A< + %*
A>> %@{big}
A<!
A> 
A< a1 OK [APPENDUID %d 1] %*
A> a2 APPEND INBOX {5}
A< + %*
A>> h
A>> el
A>> lo
A> 
A< a2 OK [APPENDUID %d 2] %*
