message sent
Subject: sent
Date: Tue, 3 Mar 2020 23:30:00 -0500

x
.
message undated
Subject: undated

x
.
login A
A> x APPEND INBOX "01-Feb-2020 23:30:00 -0500" {%#{sent}+}%n%@{sent}
A> x APPEND INBOX "02-Feb-2020 00:30:00 +0900" {%#{undated}+}%n%@{undated}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> b1 SEARCH ON 1-Feb-2020
A< * SEARCH 1
A< b1 OK %*
A> b2 SEARCH ON 2-Feb-2020
A< * SEARCH 2
A< b2 OK %*
A> b3 SEARCH SINCE 2-Feb-2020
A< * SEARCH 2
A< b3 OK %*
A> b4 SEARCH BEFORE 2-Feb-2020
A< * SEARCH 1
A< b4 OK %*
A> b5 SEARCH SENTON 3-Mar-2020
A< * SEARCH 1
A< b5 OK %*
A> b6 SEARCH OR SENTBEFORE 3-Mar-2020 SENTSINCE 4-Mar-2020
A< * SEARCH
A< b6 OK %*
A> b7 SEARCH SENTSINCE "3-Mar-2020"
A< * SEARCH 1
A< b7 OK %*
