connect A
A< * OK %*
repeat 19 A> a%i NONSENSE
A<~ a19 BAD %*
A> b NOOP
A< b OK %*
repeat 19 A> c%i
A<~ c19 BAD %*
A> d NONSENSE
A< d BAD %*
A< * BYE %*
A closed
