connect A
A< * OK %*
A> a1 LOGIN {5}
A< + %*
A> alice {6+}
A> secret
A< a1 OK %*
connect B
B< * OK %*
B> b1 LOGIN {9000}
B< b1 NO [TOOBIG] %*
B> b2 NOOP
B< b2 OK %*
B> b3 LOGIN {100000+}
B< * BYE %*
B closed
