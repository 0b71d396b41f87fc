login A
A> a0 LIST "" ""
A< * LIST (\Noselect) "/" ""
A< a0 OK %*
A> x CREATE Work
A> x CREATE Work/Clients/Big
A> x CREATE Drafts2 (USE (\Drafts))
A<~ x OK %*
A<~ x OK %*
A<~ x OK %*
A> a1 LIST "" %
A<{
  * LIST (\HasNoChildren) "/" INBOX
  * LIST (\HasNoChildren \Drafts) "/" Drafts2
  * LIST (\HasChildren) "/" Work
A<}
A< a1 OK %*
A> a2 LIST "" *
A<{
  * LIST (\HasNoChildren) "/" INBOX
  * LIST (\HasNoChildren \Drafts) "/" Drafts2
  * LIST (\HasChildren) "/" Work
  * LIST (\HasChildren) "/" Work/Clients
  * LIST (\HasNoChildren) "/" Work/Clients/Big
A<}
A< a2 OK %*
A> a3 LIST "Work/" %
A< * LIST (\HasChildren) "/" Work/Clients
A< a3 OK %*
A> a4 LIST "Work/" Clients/*
A< * LIST (\HasNoChildren) "/" Work/Clients/Big
A< a4 OK %*
A> a5 LIST "" inbox
A< * LIST (\HasNoChildren) "/" INBOX
A< a5 OK %*
A> a6 LIST "" Wor%
A< * LIST (\HasChildren) "/" Work
A< a6 OK %*
A> a7 LIST "" Nothing
A< a7 OK %*
A> a8 LIST "" ("Work" "Drafts2" "W*k")
A<{
  * LIST (\HasChildren) "/" Work
  * LIST (\HasNoChildren \Drafts) "/" Drafts2
A<}
A< a8 OK %*
A> a9 LIST "" "*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*%*y"
A< a9 OK %*
