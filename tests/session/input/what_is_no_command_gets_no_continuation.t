# RFC 9051, 7.6: "A044 BLURDYBLOOP {102856}" is BAD at once
connect A
A< * OK %*
A> a1 BLURDYBLOOP {102856}
A< a1 BAD %*
A> a2 SELECT {5}
A< a2 BAD %*
A> a3 BLURDYBLOOP {7+}
A< a3 BAD %*
A> a NOOP and more
A<!
A> a4 LOGIN alice secret
A< a4 OK %*
A> a5 BLURDYBLOOP {102856}
A< a5 BAD %*
A> a6 FETCH 1 BODY[HEADER.FIELDS ({4}
A< a6 BAD %*
A> a7 UID NOOP {4}
A< a7 BAD %*
A> a8 NOOP
A< a8 OK %*
