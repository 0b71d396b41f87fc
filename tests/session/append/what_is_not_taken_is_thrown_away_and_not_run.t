option max_message 1000
message big of 20 lines
login A
A> a1 APPEND INBOX {%#{big}+}
A> %@{big}
A< a1 NO [TOOBIG] %*
A<!
A> a2 APPEND nowhere {20+}%na3 LOGOUT%na4 NOOP%n (\Seen)
A< a2 NO [TRYCREATE] %*
A<!
A> a5 APPEND INBOX {999999+}
A< * BYE [TOOBIG] %*
A closed
