message hello
Subject: hello

x
.
login A
A> x CREATE a/b
A> x DELETE a
A> x APPEND INBOX {%#{hello}+}%n%@{hello}
A> x APPEND INBOX (\Seen) {%#{hello}+}%n%@{hello}
A> x SUBSCRIBE gone
A> a0 NOOP
A<~ a0 OK %*
A> a1 LIST "" * RETURN (STATUS (MESSAGES UNSEEN))
A< * LIST (\HasNoChildren) "/" INBOX
A< * STATUS INBOX (MESSAGES 2 UNSEEN 1)
A< * LIST (\Noselect \HasChildren) "/" a
A< * LIST (\HasNoChildren) "/" a/b
A< * STATUS a/b (MESSAGES 0 UNSEEN 0)
A< a1 OK %*
A> a2 LIST (SUBSCRIBED RECURSIVEMATCH) "" gone RETURN (STATUS (MESSAGES) CHILDREN SUBSCRIBED SPECIAL-USE)
A< * LIST (\NonExistent \HasNoChildren \Subscribed) "/" gone
A< a2 OK %*
A> a3 LIST "" INBOX RETURN (STATUS ())
A< a3 BAD %*
A> a4 LIST (FROBNICATE) "" *
A< a4 BAD %*
