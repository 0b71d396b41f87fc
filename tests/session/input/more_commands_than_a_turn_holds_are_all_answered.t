login A
repeat 100 A>> a%i NOOP%n
A<~ a100 OK %*
A>> b1 NOOP%nb2 NOOP%nb3 NOOP%nb4 NOOP%nb5 NOOP%nb6 NOOP%nb7 NOOP%nb8 NOOP%nb9 NOOP%nb10 NOOP%nb11 NOOP%nb12 NOOP%nb13 NOOP%nb14 NOOP%nb15 NOOP%nb16 NOOP%nb17 NOOP%nb18 NOOP%nb19 NOOP%nb20 NOOP%n
A<~ b17 OK %*
A< b18 OK %*
A< b19 OK %*
A< b20 OK %*
