message nested
Subject: outer
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=o

preamble
--o
Content-Type: text/plain
X-One: 1

first
--o
Content-Type: message/rfc822
X-Two: 2

Subject: inner
Content-Type: multipart/alternative; boundary=i

--i
X-Three: 3

plain
--i
Content-Type: text/html

<b>
--i--
--o
Content-Type: message/rfc822

Subject: single

leaf
--o--
.
login A
A> x APPEND INBOX {%#{nested}+}%n%@{nested}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> a2 FETCH 1 (BODY[1] BODY[1.MIME] BODY[2.MIME] BODY[2.HEADER] BODY[2.1] BODY[2.1.MIME] BODY[2.2])
A< * 1 FETCH (BODY[1] {5}%nfirst BODY[1.MIME] {38}%nContent-Type: text/plain%nX-One: 1%n%n BODY[2.MIME] {42}%nContent-Type: message/rfc822%nX-Two: 2%n%n BODY[2.HEADER] {67}%nSubject: inner%nContent-Type: multipart/alternative; boundary=i%n%n BODY[2.1] {5}%nplain BODY[2.1.MIME] {14}%nX-Three: 3%n%n BODY[2.2] {3}%n<b>)
A< a2 OK %*
A> a3 FETCH 1 (BODY[3.HEADER] BODY[3.TEXT] BODY[3.1] BODY[3.1.MIME] BODY[3.HEADER.FIELDS (Subject)] BODY[3])
A< * 1 FETCH (BODY[3.HEADER] {19}%nSubject: single%n%n BODY[3.TEXT] {4}%nleaf BODY[3.1] {4}%nleaf BODY[3.1.MIME] {19}%nSubject: single%n%n BODY[3.HEADER.FIELDS (Subject)] {19}%nSubject: single%n%n BODY[3] {23}%nSubject: single%n%nleaf)
A< a3 OK %*
A> a4 FETCH 1 (BODY[2.TEXT]<0.3> BODY[TEXT]<0.8>)
A< * 1 FETCH (BODY[2.TEXT]<0> {3}%n--i BODY[TEXT]<0> {8}%npreamble)
A< a4 OK %*
