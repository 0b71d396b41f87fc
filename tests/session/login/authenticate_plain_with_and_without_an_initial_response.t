connect A
A< * OK %*
A> a1 AUTHENTICATE PLAIN
A< + 
A> AGFsaWNlAHNlY3JldA==
A< a1 OK [CAPABILITY %*] %*
connect B
B< * OK %*
B> b1 AUTHENTICATE plain AGFsaWNlAHNlY3JldA==
B< b1 OK [CAPABILITY %*] %*
connect C
C< * OK %*
C>> c1 AUTHENTICATE PLAIN%nAGFsaWNlAHNlY3JldA==%nc2 NOOP%n
C< + 
C< c1 OK %*
C< c2 OK %*
