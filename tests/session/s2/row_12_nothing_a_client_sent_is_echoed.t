login A
A>> a1 SELECT {20+}%nevil%na9 OK all fine%n
A<! all fine
A<~ a1 NO %*
A>> a2 CREATE {20+}%nevil%na9 OK all fine%n
A<! all fine
A<~ a2 NO %*
A>> a3 COPY 1 {20+}%nevil%na9 OK all fine%n
A<! all fine
A>> a4 EVIL%na4b EVIL \EVIL [EVIL]%n
A<! EVIL
A>> a5 STORE 1 +EVIL (\Seen)%n
A<! EVIL
A>> a6 STATUS {20+}%nevil%na9 OK all fine (MESSAGES)%n
A<! all fine
A>> a7 APPEND {20+}%nevil%na9 OK all fine {3+}%nabc%n
A<! all fine
A>> a8 LIST "" {20+}%nevil%na9 OK all fine%n
A<! all fine
A>> b1 SUBSCRIBE {20+}%nevil%na9 OK all fine%n
A<! all fine
A>> b2 RENAME INBOX {20+}%nevil%na9 OK all fine%n
A<! all fine
A>> b3 ENABLE EVIL%n
A<! EVIL
