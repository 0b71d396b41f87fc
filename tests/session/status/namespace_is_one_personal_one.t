login A
A> a1 NAMESPACE
A< * NAMESPACE (("" "/")) NIL NIL
A< a1 OK %*
