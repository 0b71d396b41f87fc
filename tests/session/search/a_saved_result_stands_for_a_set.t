message hello
Subject: hello

x
.
login A
repeat 6 A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> a1 SELECT INBOX
A<~ a1 OK %*
A> a2 STORE 2,3,5 +FLAGS.SILENT (\Flagged)
A<~ a2 OK %*
A> b0 FETCH $ UID
A< b0 OK %*
A> b1 SEARCH RETURN (SAVE) FLAGGED
A< b1 OK %*
A> b2 FETCH $ UID
A< * 2 FETCH (UID 2)
A< * 3 FETCH (UID 3)
A< * 5 FETCH (UID 5)
A< b2 OK %*
A> b3 UID SEARCH NOT $
A< * SEARCH 1 4 6
A< b3 OK %*
A> b4 SEARCH UID $ 3:6
A< * SEARCH 3 5
A< b4 OK %*
A> b5 SEARCH RETURN (ALL) 1
A< * ESEARCH (TAG "b5") ALL 1
A< b5 OK %*
A> b6 SEARCH $
A< * SEARCH 2 3 5
A< b6 OK %*
A> c1 SEARCH RETURN (SAVE MIN) FLAGGED
A< * ESEARCH (TAG "c1") MIN 2
A< c1 OK %*
A> c2 SEARCH $
A< * SEARCH 2
A< c2 OK %*
A> c3 SEARCH RETURN (MAX SAVE MIN) FLAGGED
A< * ESEARCH (TAG "c3") MIN 2 MAX 5
A< c3 OK %*
A> c4 SEARCH $
A< * SEARCH 2 5
A< c4 OK %*
A> c5 SEARCH RETURN (MAX SAVE COUNT) FLAGGED
A< * ESEARCH (TAG "c5") MAX 5 COUNT 3
A< c5 OK %*
A> c6 SEARCH $
A< * SEARCH 2 3 5
A< c6 OK %*
A> d1 UID STORE 3 +FLAGS.SILENT (\Deleted)
A<~ d1 OK %*
A> d2 EXPUNGE
A<~ d2 OK %*
A> d3 UID SEARCH $
A< * SEARCH 2 5
A< d3 OK %*
A> e1 SEARCH RETURN (SAVE) CHARSET x-nonsense ALL
A< e1 NO [BADCHARSET (%*)] %*
A> e2 SEARCH $
A< * SEARCH
A< e2 OK %*
A> e3 SEARCH RETURN (SAVE) KEYWORD nothing
A< e3 OK %*
A> e4 FETCH $ UID
A< e4 OK %*
A> f1 SEARCH RETURN (SAVE) ALL
A< f1 OK %*
A> f2 SELECT INBOX
A<~ f2 OK %*
A> f3 SEARCH $
A< * SEARCH
A< f3 OK %*
A<!
# RFC 9051, 9: sequence-set; "$" may end a set of numbers
A> z1 SEARCH RETURN (SAVE) 2
A> z2 FETCH 1,$ UID
A<~ * 1 FETCH (UID %{u1})
A< * 2 FETCH (UID %{u2})
A< z2 OK %*
A> z3 UID SEARCH UID %{u1},$
A< * SEARCH %{u1} %{u2}
A< z3 OK %*
A> z4 SEARCH NOT 1,$
A<! SEARCH 1
A<~ z4 OK %*
A> z5 FETCH $,1 UID
A< z5 BAD %*
