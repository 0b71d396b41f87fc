login A
A> a1 CREATE other
A> a2 STATUS other (UIDVALIDITY)
A<~ * STATUS other (UIDVALIDITY %{o})
A<~ a2 OK %*
A> a3 STATUS INBOX (UIDVALIDITY)
A<~ * STATUS INBOX (UIDVALIDITY %{i})
A<~ a3 OK %*
A>> a4 APPEND INBOX {3+}%nabc%n
A< a4 OK [APPENDUID %{i} 1] %*
mail 3
A> a5 SELECT INBOX
A<~ a5 OK %*
A> a6 UID COPY 4,2 other
A< a6 OK [COPYUID %{o} 2,4 1:2] %*
A> a7 UID COPY 4,2 other
A< a7 OK [COPYUID %{o} 2,4 3:4] %*
A> a8 UID MOVE 3,99 other
A< * OK [COPYUID %{o} 3 5] %*
A< * 3 EXPUNGE
A< a8 OK %*
A> a9 UID MOVE 99 other
A< a9 OK %*
A<!
