login A
login B
A> a1 SELECT INBOX
A<~ a1 OK %*
B>> b1 APPEND INBOX {3+}%nabc%n
B< b1 OK %*
A>> a2 APPEND INBOX {3+}%nabc%n
A< * 2 EXISTS
A< * 2 RECENT
A< a2 OK [APPENDUID %d 2] %*
