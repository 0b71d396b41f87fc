login A
A> a1 APPEND {5}
A< + %*
A> INBOX {3}
A< + %*
A> abc
A< a1 OK [APPENDUID %d 1] %*
A> a2 APPEND {5+}%nINBOX (\Seen) {3+}%nabc
A< a2 OK [APPENDUID %d 2] %*
