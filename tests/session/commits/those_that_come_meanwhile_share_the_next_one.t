login A
login B
login C
login D
commits hold
A> a1 APPEND INBOX {3+}%naaa
B> b1 APPEND INBOX {3+}%nbbb
C> c1 APPEND INBOX {3+}%nccc
D> d1 APPEND INBOX {3+}%nddd
commits waiting 1
commits end 0 ok
A< a1 OK [APPENDUID %d 1] %*
B<!
commits waiting 1
commits end 0 ok
B< b1 OK [APPENDUID %d 2] %*
C< c1 OK [APPENDUID %d 3] %*
D< d1 OK [APPENDUID %d 4] %*
commits waiting 0
