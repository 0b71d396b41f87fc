"""Commands of all sessions at the same time.  What comes out cannot be told beforehand; what may not come out, can."""

import tern
from picture import as_set, uid_set
from world import Message


class Storm:
    def __init__(self, world):
        self.w, self.r = world, world.random
        self.before = {b: dict(b.messages) for b in world.boxes.values()}
        self.may_go, self.may_change = set(), set()  # (box, uid)
        self.appends, self.copies = [], []           # what the answers must say

    def line(self, s):
        """A command that is safe whatever the others do: by UID."""
        box, uids = s.picture.box, self.w.some(s)
        kind = self.r.randrange(7)
        if kind <= 1 or not uids:
            token, text = self.w.new_message()
            to, tag = self.target(), s.tag()
            self.appends.append((s, tag, to, token))
            s.send(f"{tag} APPEND {to.name} ({' '.join(self.w.flags())}) {{{len(text)}+}}\r\n".encode() + text + b"\r\n")
            return tag
        if kind == 2 or (kind <= 5 and s.picture_read_only):
            return self.sent(s, self.r.choice(["NOOP", "UID FETCH 1:* (FLAGS)"]))
        if kind == 3:
            flags = self.w.flags()
            self.may_change |= {(box, u) for u in uids}
            self.may_go |= {(box, u) for u in uids}  # \Deleted, and somebody's EXPUNGE
            return self.sent(s, f"UID STORE {as_set(uids)} {self.r.choice('+-')}FLAGS ({' '.join(flags)})")
        if kind == 4:
            return self.sent(s, self.r.choice(["EXPUNGE", f"UID EXPUNGE {as_set(uids)}"]))
        move = kind == 5
        if move:
            self.may_go |= {(box, u) for u in uids}
        to = self.target()
        tag = self.sent(s, f"UID {'MOVE' if move else 'COPY'} {as_set(uids)} {to.name}")
        self.copies.append((s, tag, box, to))
        return tag

    def target(self):
        return self.r.choice([b for b in self.w.boxes.values() if b.name[0] == "m" or b.name == "INBOX"])

    @staticmethod
    def sent(s, text):
        tag = s.tag()
        s.send(f"{tag} {text}\r\n")
        return tag

    def run(self):
        awaited, answers = [], {}
        for s in self.w.sessions:
            if s.picture and not s.idle_tag:
                s.asked = True
                awaited.append((s, [self.line(s) for _ in range(self.r.randrange(1, 12))]))
        for s, tags in awaited:
            for tag in tags:
                answers[s, tag] = s.until(tag)
                assert answers[s, tag][-1].items[0] == "OK", answers[s, tag]
            s.asked = False
        self.adopt()
        for s, tag, to, token in self.appends:
            validity, uid = map(int, tern.code(answers[s, tag], "APPENDUID"))
            assert validity == to.validity
            self.same_message(to, uid, token)
        for s, tag, box, to in self.copies:
            code = tern.code(answers[s, tag], "COPYUID")
            for old, new in zip(uid_set(code[1]), uid_set(code[2])) if code else []:
                if old in self.before[box]:
                    self.same_message(to, new, self.before[box][old].token)

    def same_message(self, box, uid, token):
        """It is that message, or it is gone again."""
        assert uid not in self.before[box], f"UID {uid} of {box} was given twice"
        assert uid not in box.messages or box.messages[uid].token == token
        assert uid < box.uidnext

    def adopt(self):
        """The model takes what there is now, after looking at each difference."""
        control = self.w.control
        for box, before in self.before.items():
            status = self.w.status(box.name)
            assert status["UIDNEXT"] >= box.uidnext and status["HIGHESTMODSEQ"] >= box.highest
            control.select(box, box.name, verb="EXAMINE")
            out = control.ok("UID FETCH 1:* (FLAGS MODSEQ RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            now = {}
            for r in tern.responses(out, "FETCH"):
                pairs = dict(zip(map(str, r.items[2][::2]), r.items[2][1::2]))
                subject = next(v for k, v in pairs.items() if k.startswith("BODY["))
                now[int(pairs["UID"])] = Message(subject.decode().split()[1], int(pairs["RFC822.SIZE"]),
                                                 (str(f) for f in pairs["FLAGS"] if f != "\\Recent"), int(pairs["MODSEQ"][0]))
            control.unselect("UNSELECT")
            self.compare(box, before, now)
            # STORE of flags that are there already changes nothing.
            box.touched = status["HIGHESTMODSEQ"] > box.highest
            assert box.touched or (set(now) == set(before) and all(now[u].flags == before[u].flags for u in now))
            box.messages, box.uidnext = now, status["UIDNEXT"]

    def compare(self, box, before, now):
        for uid, m in before.items():
            if uid not in now:
                assert (box, uid) in self.may_go or "\\Deleted" in m.flags, f"UID {uid} of {box} is gone and nobody removed it"
                continue
            assert now[uid].token == m.token and now[uid].size == m.size
            if now[uid].flags != m.flags:
                assert (box, uid) in self.may_change, f"flags of UID {uid} in {box} changed by nobody"
                assert m.modseq is None or now[uid].modseq > m.modseq
        for uid in set(now) - set(before):
            assert uid >= box.uidnext, f"new UID {uid} in {box}, whose UIDNEXT was {box.uidnext}"
