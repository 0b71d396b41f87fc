login A
A>> a1 SELECT "IN%0BOX"%n
A< a1 BAD %*
A>> a2 FOO%0BAR%n
A< a2 BAD %*
A> "quoted" tag
A< * BAD %*
A> a3
A< a3 BAD %*
A>> a4 SELECT {14+}%nx%na9 OK hello%n
A< a4 %*
A<! hello
A> a5 NOOP
A< a5 OK %*
