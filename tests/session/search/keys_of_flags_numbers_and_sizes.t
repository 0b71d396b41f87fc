message small
Subject: small

x
.
message large of 50 lines
login A
A> x APPEND INBOX (\Seen) {%#{small}+}%n%@{small}
A> x APPEND INBOX (\Flagged Work) {%#{small}+}%n%@{small}
A> x APPEND INBOX (\Seen \Answered) {%#{large}+}%n%@{large}
A> x APPEND INBOX (\Draft \Deleted) {%#{small}+}%n%@{small}
A> a1 SELECT INBOX
A<~ a1 OK %*
A> b1 SEARCH ALL
A< * SEARCH 1 2 3 4
A< b1 OK %*
A> b2 SEARCH UNSEEN
A< * SEARCH 2 4
A< b2 OK %*
A> b3 SEARCH SEEN NOT ANSWERED
A< * SEARCH 1
A< b3 OK %*
A> b4 SEARCH OR FLAGGED DRAFT
A< * SEARCH 2 4
A< b4 OK %*
A> b5 SEARCH KEYWORD work
A< * SEARCH 2
A< b5 OK %*
A> b6 SEARCH UNKEYWORD Work UNDELETED
A< * SEARCH 1 3
A< b6 OK %*
A> b7 SEARCH KEYWORD nothing
A< * SEARCH
A< b7 OK %*
A> b8 SEARCH LARGER 100
A< * SEARCH 3
A< b8 OK %*
A> b9 SEARCH SMALLER 100 (OR SEEN DELETED)
A< * SEARCH 1 4
A< b9 OK %*
A> c1 SEARCH 2:3
A< * SEARCH 2 3
A< c1 OK %*
A> c2 SEARCH NOT 2:3 UNDELETED
A< * SEARCH 1
A< c2 OK %*
A> c3 SEARCH RECENT
A< * SEARCH 1 2 3 4
A< c3 OK %*
A> c4 SEARCH NEW
A< * SEARCH 2 4
A< c4 OK %*
A> c5 SEARCH OLD
A< * SEARCH
A< c5 OK %*
A> c6 SEARCH NOT NOT NOT SEEN
A< * SEARCH 2 4
A< c6 OK %*
A> c7 SEARCH UNANSWERED UNFLAGGED UNDRAFT SEEN
A< * SEARCH 1
A< c7 OK %*
A<!
