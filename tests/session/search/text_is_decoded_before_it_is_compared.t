message words
From: =?utf-8?Q?J=C3=BCrgen?= <j@example.org>
To: Bob <bob@example.org>
Cc: Carol <carol@example.org>
Subject: =?iso-8859-1?Q?Gr=FC=DFe?= aus
 der Ferne
X-Folded: one
	two
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Stra=C3=9Fe und Caf=
=C3=A9
--x
Content-Type: text/plain; charset=koi8-r
Content-Transfer-Encoding: base64
X-Part: partial

8NLJ18XU
--x
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

c2VjcmV0IGluIGEgcGljdHVyZQ==
--x--
.
message plain
From: bob@example.org
Subject: plain

nothing here
.
login A
A> x APPEND INBOX {%#{words}+}%n%@{words}
A> x APPEND INBOX {%#{plain}+}%n%@{plain}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> b1 SEARCH CHARSET UTF-8 SUBJECT {7+}%nGRÜSSE
A< * SEARCH 1
A< b1 OK %*
A> b2 SEARCH SUBJECT "aus der ferne"
A< * SEARCH 1
A< b2 OK %*
A> b3 SEARCH CHARSET UTF-8 FROM {7+}%njürgen
A< * SEARCH 1
A< b3 OK %*
A> b4 SEARCH TO bob
A< * SEARCH 1
A< b4 OK %*
A> b5 SEARCH FROM bob@
A< * SEARCH 2
A< b5 OK %*
A> b6 SEARCH HEADER X-Folded "ONE	two"
A< * SEARCH 1
A< b6 OK %*
A> b7 SEARCH HEADER x-folded ""
A< * SEARCH 1
A< b7 OK %*
A> b8 SEARCH HEADER X-Absent ""
A< * SEARCH
A< b8 OK %*
A> b9 SEARCH CHARSET UTF-8 BODY {11+}%nstraße und
A< * SEARCH 1
A< b9 OK %*
A> c1 SEARCH CHARSET UTF-8 BODY {5+}%nCAFÉ
A< * SEARCH 1
A< c1 OK %*
A> c2 SEARCH CHARSET UTF-8 BODY {12+}%nпривет
A< * SEARCH 1
A< c2 OK %*
A> c3 SEARCH BODY "secret in a picture"
A< * SEARCH
A< c3 OK %*
A> c4 SEARCH BODY "X-Part"
A< * SEARCH
A< c4 OK %*
A> c5 SEARCH TEXT "x-part: partial"
A< * SEARCH 1
A< c5 OK %*
A> c6 SEARCH TEXT "subject: PLAIN"
A< * SEARCH 2
A< c6 OK %*
A> c7 SEARCH BODY plain
A< * SEARCH
A< c7 OK %*
A> c8 SEARCH NOT BODY "nothing"
A< * SEARCH 1
A< c8 OK %*
A> c9 SEARCH OR (FROM bob BODY here) CC carol
A< * SEARCH 1 2
A< c9 OK %*
A> d1 SEARCH TEXT ""
A< * SEARCH 1 2
A< d1 OK %*
A> d2 SEARCH BCC ""
A< * SEARCH
A< d2 OK %*
