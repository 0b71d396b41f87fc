message commands of 200 lines
connect A
A< * OK %*
A> a1 LOGIN {%#{commands}+}
A< a1 NO [TOOBIG] %*
A> %@{commands} x
A<!
A> a2 NOOP
A< a2 OK %*
