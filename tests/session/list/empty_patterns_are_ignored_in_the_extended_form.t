# RFC 5258, 3: "ANY extended LIST command MUST NOT treat the empty mailbox name as such a special request"
login A
A> a1 LIST () "INBOX" ""
A< a1 OK %*
A> a2 LIST "" "" RETURN (CHILDREN)
A< a2 OK %*
A> a3 LIST "" ("" INBOX)
A< * LIST (\HasNoChildren) "/" INBOX
A< a3 OK %*
A> a4 LIST "" ("")
A< a4 OK %*
A> a5 LIST "INBOX" ""
A< * LIST (\Noselect) "/" ""
A< a5 OK %*
