message fields
From: a@example.org
SUBJECT :  spaced
To: b@example.org,
	c@example.org
X-Empty:
subject: second
no field at all
Date: today

body
.
message bare
Subject: alone
.
login A
A> x APPEND INBOX {%#{fields}+}%n%@{fields}
A> x APPEND INBOX {%#{bare}+}%n%@{bare}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> a2 FETCH 1 BODY.PEEK[HEADER.FIELDS (To Subject)]
A< * 1 FETCH (BODY[HEADER.FIELDS (To Subject)] {74}%nSUBJECT :  spaced%nTo: b@example.org,%n	c@example.org%nsubject: second%n%n)
A< a2 OK %*
A> a3 FETCH 1 BODY.PEEK[HEADER.FIELDS (absent)]
A< * 1 FETCH (BODY[HEADER.FIELDS (absent)] {2}%n%n)
A< a3 OK %*
A> a4 FETCH 1 BODY.PEEK[HEADER.FIELDS.NOT (from TO subject)]
A< * 1 FETCH (BODY[HEADER.FIELDS.NOT (from TO subject)] {25}%nX-Empty:%nDate: today%n%n)
A< a4 OK %*
A> a5 FETCH 2 (BODY.PEEK[HEADER.FIELDS (subject)] BODY.PEEK[HEADER.FIELDS (to)] BODY.PEEK[TEXT] BODY.PEEK[])
A< * 2 FETCH (BODY[HEADER.FIELDS (subject)] {16}%nSubject: alone%n BODY[HEADER.FIELDS (to)] "" BODY[TEXT] "" BODY[] {16}%nSubject: alone%n)
A< a5 OK %*
