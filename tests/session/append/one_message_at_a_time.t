login A
A>> a1 APPEND INBOX {3+}%nabc {3+}%ndef%n
A< a1 BAD %*
A<!
A>> a2 APPEND INBOX {3+}%nabc {3}%n
A< a2 BAD %*
A>> a3 APPEND INBOX {3+}%nabc junk%n
A< a3 BAD %*
A> a4 STATUS INBOX (MESSAGES)
A< * STATUS INBOX (MESSAGES 0)
A< a4 OK %*
