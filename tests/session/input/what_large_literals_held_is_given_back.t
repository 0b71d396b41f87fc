message big of 3300 lines
login A
A> a1 SELECT INBOX
A<~ a1 OK %*
# 64 MB would be gone after 275 of these
repeat 300 A>> b%i SEARCH SUBJECT {%#{big}+}%n%@{big}%n
A<~ b300 OK %*
repeat 300 A>> c%i SELECT {%#{big}+}%n%@{big}%n
A<~ c300 NO [NONEXISTENT] %*
A> d SELECT {%#{big}}
A< + %*
