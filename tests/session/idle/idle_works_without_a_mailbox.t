login A
A> a1 IDLE
A< + %*
mail 1
A<!
A> done
A< a1 OK %*
