message parts
Subject: parts
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain
Content-Transfer-Encoding: base64

aGVsbG8Kd29ybGQK
--x
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

AAAA
--x
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

caf=C3=A9=
 au lait
--x
Content-Type: application/octet-stream
Content-Transfer-Encoding: base64

--x
Content-Type: text/plain
Content-Transfer-Encoding: x-strange

secret
--x--
.
login A
A> x APPEND INBOX {%#{parts}+}%n%@{parts}
A> a1 EXAMINE INBOX
A<~ a1 OK %*
A> a2 FETCH 1 (BINARY.SIZE[1] BINARY[1] BINARY.SIZE[2] BINARY[2] BINARY.SIZE[3] BINARY[3] BINARY.SIZE[4] BINARY[4])
A< * 1 FETCH (BINARY.SIZE[1] 14 BINARY[1] {14}%nhello%nworld%n BINARY.SIZE[2] 3 BINARY[2] ~{3}%n%0%0%0 BINARY.SIZE[3] 13 BINARY[3] {13}%ncafé au lait BINARY.SIZE[4] 0 BINARY[4] "")
A< a2 OK %*
A> a3 FETCH 1 (BINARY[1]<5.4> BINARY[2]<1.2> BINARY[2]<0.1>)
A< * 1 FETCH (BINARY[1]<5> {4}%n%nwo BINARY[2]<1> ~{2}%n%0%0 BINARY[2]<0> ~{1}%n%0)
A< a3 OK %*
A> a4 FETCH 1 BINARY.PEEK[5]
A< a4 NO [UNKNOWN-CTE] %*
A> a5 FETCH 1 BINARY.SIZE[5]
A< a5 NO [UNKNOWN-CTE] %*
A> a6 FETCH 1 BODY.PEEK[5]
A< * 1 FETCH (BODY[5] {6}%nsecret)
A< a6 OK %*
