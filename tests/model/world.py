"""The model: what the account holds, and random steps that change it and its picture in the same way."""

import itertools
import random

import tern
from picture import Watcher, as_set, uid_set

NAMES = [f"m{i}" for i in range(6)] + ["m0/s", "m1/s"]
MODES = [(), ("CONDSTORE",), ("QRESYNC",), ("IMAP4rev2",), ("IMAP4rev2", "QRESYNC"), ("QRESYNC",), ()]
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted", "$Work", "later", "$Junk"]


class Message:
    def __init__(self, token, size, flags, modseq=None):
        self.token, self.size, self.flags, self.modseq = token, size, frozenset(flags), modseq


class Box:
    """A mailbox; `name` changes, the object is the mailbox."""

    def __init__(self, name):
        self.name, self.messages = name, {}
        self.validity = self.highest = None
        self.uidnext, self.touched = 1, False

    def __repr__(self):
        return self.name


class Snapshot:
    """What a client kept when it went: the state it believed, and the HIGHESTMODSEQ it was told for it."""

    def __init__(self, picture):
        self.box, self.validity, self.highest = picture.box, picture.validity, picture.highest
        self.state = picture.state()


class World:
    def __init__(self, server, seed):
        self.server, self.random, self.history = server, random.Random(seed), {}
        self.boxes, self.validities, self.snapshots = {}, {}, []
        self.tokens, self.steps = itertools.count(1), 0
        self.control = self.sessions = None

    # ---- connections ----

    def connect(self):
        self.control = Watcher(self.server.imap_port, ("CONDSTORE",), {})
        for name in self.names() - set(self.boxes):
            self.add_box(name)
        self.sessions = [Watcher(self.server.imap_port, m, self.history) for m in MODES]

    def disconnect(self):
        for s in self.sessions + [self.control]:
            s.close()

    def renew(self, s):
        s.close()
        new = Watcher(self.server.imap_port, s.modes, self.history)
        self.sessions[self.sessions.index(s)] = new
        return new

    def names(self):
        out = self.control.ok('LIST "" *')
        text = lambda n: n.decode() if isinstance(n, bytes) else str(n)
        return {text(r.items[3]) for r in tern.responses(out, "LIST")
                if not {"\\NonExistent", "\\Noselect"} & set(map(str, r.items[1]))}

    def add_box(self, name):
        box = self.boxes[name] = Box(name)
        status = self.status(name)
        box.validity, box.uidnext, box.highest = status["UIDVALIDITY"], status["UIDNEXT"], status["HIGHESTMODSEQ"]
        given = self.validities.setdefault(name, set())
        assert box.validity not in given, f"UIDVALIDITY {box.validity} of {name} was given before"
        given.add(box.validity)
        assert status["MESSAGES"] == 0 and box.highest >= 1
        return box

    def status(self, name):
        out = self.control.ok(f"STATUS {name} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ SIZE DELETED)")
        words = tern.responses(out, "STATUS")[0].items[2]
        return dict(zip(map(str, words[::2]), map(int, words[1::2])))

    # ---- choosing ----

    def known(self, s):
        return [e.uid for e in s.picture.entries if e.uid is not None]

    def some(self, s):
        """Known UIDs of the picture: one, a few, or a run."""
        uids, r = self.known(s), self.random
        if not uids:
            return []
        gone = [u for u in uids if u not in s.picture.box.messages]
        if gone and r.random() < 0.3:  # where sequence numbers are easily wrong
            return sorted(set(r.sample(gone, 1) + r.sample(uids, min(len(uids), r.randrange(3)))))
        if r.random() < 0.3:
            a, b = sorted(r.choices(range(len(uids)), k=2))
            return uids[a:b + 1]
        return sorted(r.sample(uids, min(len(uids), r.choice([1, 1, 1, 2, 3, 5]))))

    def numbers(self, s, uids, by_uid):
        """The set as the client writes it."""
        if by_uid:
            return as_set(uids)
        at = {e.uid: i for i, e in enumerate(s.picture.entries, 1) if e.uid is not None}
        return as_set(at[u] for u in uids)

    def flags(self, most=3):
        return self.random.sample(FLAGS, self.random.randrange(most + 1))

    # ---- steps: each does something in session `s` and the same to the model ----

    def step(self):
        s = self.random.choice(self.sessions)
        self.steps += 1
        if s.idle_tag:
            if self.random.random() < 0.3:
                s.done()
            return
        selected = [(self.store, 24), (self.append, 12), (self.fetch, 14), (self.search, 6), (self.copy, 10), (self.expunge, 9),
                    (self.noop, 5), (self.select, 5), (self.idle, 4), (self.leave, 2), (self.resync, 4), (self.changed_since, 4),
                    (self.names_change, 1.5)]
        always = [(self.append, 3), (self.select, 6), (self.names_change, 1), (self.resync, 1)]
        steps, weights = zip(*(selected if s.picture else always))
        self.random.choices(steps, weights)[0](s)
        self.keep_snapshot(s)

    def keep_snapshot(self, s):
        if s.condstore and s.picture and s.picture.complete() and s.picture.highest and self.random.random() < 0.05:
            self.snapshots.append(Snapshot(s.picture))
            if len(self.snapshots) > 300:
                del self.snapshots[self.random.randrange(len(self.snapshots))]

    def new_message(self):
        token = f"token{next(self.tokens)}x"
        return token, tern.message(token, "y" * self.random.randrange(200) + "\r\n")

    def append(self, s):
        box = self.random.choice([b for b in self.boxes.values() if b.name in NAMES or b.name == "INBOX"])
        if s.picture and self.random.random() < 0.7:
            box = s.picture.box
        token, text = self.new_message()
        flags = self.flags()
        validity, uid = s.append(box.name, text, f"({' '.join(flags)})" if flags else "")
        assert validity == box.validity
        self.arrived(box, [uid], [Message(token, len(text), flags)])

    def arrived(self, box, uids, messages):
        """The UIDs that were given are new, and rise."""
        for uid, m in zip(uids, messages):
            assert uid >= box.uidnext, f"UID {uid} in {box}, whose UIDNEXT was {box.uidnext}"
            box.messages[uid] = m
            box.uidnext = uid + 1
        box.touched |= bool(uids)

    def fetch(self, s):
        by_uid = self.random.random() < 0.5
        items = self.random.choice(["(UID FLAGS)", "(UID FLAGS RFC822.SIZE)", "(UID MODSEQ)" if s.condstore else "(UID)"])
        if not s.picture.entries:
            return
        if self.random.random() < 0.5:  # all: tells also what was unknown
            before = len(s.picture.entries)
            s.cmd(f"{'UID ' * by_uid}FETCH 1:* {items}")
            assert by_uid or all(u is not None for u in s.picture.uids()[:before])
            return
        uids = self.some(s)
        if not uids:
            return
        out = s.cmd(f"{'UID ' * by_uid}FETCH {self.numbers(s, uids, by_uid)} (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        live, answered = s.picture.box.messages, set()
        for r in tern.responses(out, "FETCH"):
            pairs = dict(zip(map(str, r.items[2][::2]), r.items[2][1::2]))
            body = next((v for k, v in pairs.items() if k.startswith("BODY[")), None)
            if body is not None:
                answered.add(int(pairs["UID"]))
                assert int(pairs["UID"]) not in live or live[int(pairs["UID"])].token.encode() in body
        assert answered <= set(uids) and answered >= set(uids) & set(live), f"{uids} asked, {answered} answered: {out}"
        assert out[-1].items[0] == "OK" or b"EXPUNGEISSUED" in out[-1].raw

    def noop(self, s):
        s.ok("NOOP")
        self.agrees(s)

    def agrees(self, s):
        """After NOOP or IDLE nothing is untold."""
        p = s.picture
        if p is None:
            return
        truth = p.box.messages
        assert len(p.entries) == len(truth), f"{s} counts {len(p.entries)}, there are {sorted(truth)}"
        for e, (uid, m) in zip(p.entries, sorted(truth.items())):
            assert e.uid in (None, uid), f"{s}: {p.uids()} but {sorted(truth)}"
            assert e.flags in (None, m.flags), f"{s}: UID {uid} is {set(m.flags)}, the client thinks {set(e.flags)}"
            if e.modseq is not None:
                assert m.modseq in (None, e.modseq)
                m.modseq = e.modseq

    def store(self, s):
        uids = self.some(s)
        if not uids:
            return
        box, r = s.picture.box, self.random
        by_uid, silent, mode = r.random() < 0.5, r.random() < 0.4, r.choice(["+", "+", "-", ""])
        flags = self.flags()
        guard = self.guard(s, uids) if s.condstore and r.random() < 0.4 else None
        uids = [u for u in uids if u in self.known(s)]  # guard() may have heard of expunges
        if not uids:
            return
        text = f"{'UID ' * by_uid}STORE {self.numbers(s, uids, by_uid)}"
        text += f" (UNCHANGEDSINCE {guard})" if guard is not None else ""
        given = {e.uid: i for i, e in enumerate(s.picture.entries, 1)}
        believed = {e.uid: e.flags for e in s.picture.entries}
        if s.picture.box.messages and s.picture_read_only:
            s.no(f"{text} {mode}FLAGS ({' '.join(flags)})")
            return
        out = s.cmd(f"{text} {mode}FLAGS{'.SILENT' * silent} ({' '.join(flags)})")
        live = [u for u in uids if u in box.messages]
        failed = {u for u in live if guard is not None and box.messages[u].modseq > guard}
        told = tern.code(out, "MODIFIED")
        want = failed if by_uid else {given[u] for u in failed}
        assert set(uid_set(told[0]) if told else []) == want, f"{out}: expected MODIFIED {want}"
        # RFC 2180, 4.2.1: a silent one that did all that could be done is OK
        gone = len(live) < len(uids)
        assert out[-1].items[0] == ("NO" if gone and not by_uid and not silent else "OK"), out
        for u in live:
            if u not in failed:
                self.reflag(box, u, mode, flags)
        for e in s.picture.entries:
            if silent and e.uid in uids and e.uid not in s.told and e.uid not in failed:
                e.flags = apply(believed[e.uid], mode, flags) if e.uid in live else None

    def guard(self, s, uids):
        """An UNCHANGEDSINCE whose outcome is known, or None."""
        s.ok("NOOP")
        box = s.picture.box
        if any(u not in box.messages for u in uids):
            return None
        s.ok(f"UID FETCH {as_set(uids)} (FLAGS MODSEQ)")
        self.agrees(s)
        return self.random.choice([0] + [box.messages[u].modseq for u in uids])

    def reflag(self, box, uid, mode, flags):
        m = box.messages[uid]
        new = apply(m.flags, mode, flags)
        if new != m.flags:
            m.flags, m.modseq, box.touched = new, None, True

    def copy(self, s):
        uids = self.some(s)
        if not uids:
            return
        box, to = s.picture.box, self.random.choice([b for b in self.boxes.values() if b.name in NAMES or b.name == "INBOX"])
        by_uid, move = self.random.random() < 0.6, self.random.random() < 0.4
        verb = f"{'UID ' * by_uid}{'MOVE' if move else 'COPY'} {self.numbers(s, uids, by_uid)}"
        if move and s.picture_read_only:
            s.no(f"{verb} {to.name}")
            return
        if self.random.random() < 0.05:
            assert s.no(f"{verb} no-such-mailbox")[-1].items[1] == b"TRYCREATE"
            return
        out = s.cmd(f"{verb} {to.name}")
        live = sorted(u for u in uids if u in box.messages)
        if len(live) < len(uids) and not by_uid:  # refused whole (RFC 2180, 4.4.1)
            assert out[-1].items[0] == "NO" and b"EXPUNGEISSUED" in out[-1].items[1], out
            return
        assert out[-1].items[0] == "OK", out
        code = tern.code(out, "COPYUID")
        if not live:
            assert code is None, out
            return
        assert int(code[0]) == to.validity and uid_set(code[1]) == live, f"{out}: {to.validity} {live}"
        new = uid_set(code[2])
        assert len(new) == len(live)
        self.arrived(to, new, [Message(m.token, m.size, m.flags) for m in map(box.messages.get, live)])
        if move:
            self.gone(box, live)

    def gone(self, box, uids):
        for u in uids:
            del box.messages[u]
        box.touched |= bool(uids)

    def expunge(self, s):
        box, r = s.picture.box, self.random
        deleted = [u for u, m in box.messages.items() if "\\Deleted" in m.flags]
        if s.picture_read_only:
            s.no("EXPUNGE")
            return
        if r.random() < 0.5 and self.known(s):
            uids = self.some(s)
            s.ok(f"UID EXPUNGE {as_set(uids)}")
            self.gone(box, [u for u in deleted if u in uids])
        elif r.random() < 0.1:
            s.unselect("CLOSE")
            self.gone(box, deleted)
        else:
            s.ok("EXPUNGE")
            self.gone(box, deleted)

    def leave(self, s):
        if self.random.random() < 0.5:
            s.unselect("UNSELECT")
        else:
            self.renew(s)

    def select(self, s):
        box = self.random.choice([b for b in self.boxes.values() if b.name in NAMES or b.name == "INBOX"])
        verb = "EXAMINE" if self.random.random() < 0.15 else "SELECT"
        out = s.select(box, box.name, verb=verb)
        assert out[-1].items[0] == "OK", out
        s.picture_read_only = verb == "EXAMINE"
        assert out[-1].items[1] == (b"READ-ONLY" if s.picture_read_only else b"READ-WRITE")
        assert s.picture.validity == box.validity and s.picture.uidnext == box.uidnext
        assert len(s.picture.entries) == len(box.messages)
        unseen = tern.code(out, "UNSEEN")
        first = next((i for i, (_, m) in enumerate(sorted(box.messages.items()), 1) if "\\Seen" not in m.flags), None)
        assert "IMAP4rev2" in s.modes or first == (unseen and int(unseen[0])), out

    def idle(self, s):
        s.idle()

    # ---- names ----

    def names_change(self, s):
        free = [n for n in NAMES if n not in self.boxes]
        taken = [n for n in NAMES if n in self.boxes]
        what = self.random.choice(["create", "delete", "rename"])
        if what == "create" and free:
            name = self.random.choice(free)
            s.ok(f"CREATE {name}")
            new = self.names() - set(self.boxes)
            assert name in new and all(name.startswith(n) for n in new)
            for n in sorted(new):
                self.add_box(n)
        elif what == "delete" and len(taken) > 3:
            self.delete(s, self.random.choice(taken))
        elif what == "rename" and free and taken:
            self.rename(s, self.random.choice(taken), self.random.choice(free))

    def delete(self, s, name):
        box = self.boxes.pop(name)
        holders = [x for x in self.sessions if x.picture and x.picture.box is box]
        s.ok(f"DELETE {name}")
        self.snapshots = [x for x in self.snapshots if x.box is not box]
        for x in holders:
            self.renew(x)

    def rename(self, s, name, to):
        if to.startswith(name + "/") or name.startswith(to + "/"):
            return
        moved = {n: to + n[len(name):] for n in self.boxes if n == name or n.startswith(name + "/")}
        levels = {n.rsplit("/", 1)[0] for n in self.boxes}  # there as levels at least
        if any(n in self.boxes or n in levels or n not in NAMES for n in moved.values()):
            return
        s.ok(f"RENAME {name} {to}")
        boxes = {n: self.boxes.pop(n) for n in moved}
        for old, new in moved.items():
            self.boxes[new], boxes[old].name = boxes[old], new
            given = self.validities.setdefault(new, set())
            given.add(boxes[old].validity)
        for n in self.names() - set(self.boxes):
            self.add_box(n)

    # ---- what a client asks after it was away ----

    def resync(self, s):
        """A new connection for `s`, SELECT with QRESYNC from any earlier state of any mailbox."""
        if not self.snapshots or "QRESYNC" not in s.modes:
            return
        snap, r = self.random.choice(self.snapshots), self.random
        s, box, known = self.renew(s), snap.box, sorted(snap.state)
        wrong = r.random() < 0.1
        text = f" (QRESYNC ({snap.validity + wrong} {snap.highest}"
        if known and r.random() < 0.6:
            text += " " + as_set(known)
            if r.random() < 0.5:
                seqs = sorted(r.sample(range(1, len(known) + 1), min(len(known), 5)))
                text += f" ({as_set(seqs)} {as_set(known[i - 1] for i in seqs)})"
        out = s.select(box, box.name, text + "))")
        assert out[-1].items[0] == "OK", (text, out)
        s.picture_read_only = False
        if wrong:
            assert not tern.responses(out, "VANISHED") and not tern.responses(out, "FETCH"), out
            return
        earlier = s.earlier
        if known:  # with known UIDs the server tells of no others (RFC 7162, 3.2.5.1), so the rest is asked for
            s.ok(f"UID FETCH {known[-1] + 1}:* (FLAGS)")
        s.earlier = earlier
        self.came_back(s, snap, text)

    def came_back(self, s, snap, text):
        box = snap.box
        assert not set(s.earlier) & set(box.messages), f"VANISHED (EARLIER) of living {set(s.earlier) & set(box.messages)}"
        assert all(u < box.uidnext for u in s.earlier)
        state = {u: f for u, f in snap.state.items() if u not in s.earlier}
        state.update({e.uid: e.flags for e in s.picture.entries if e.uid is not None and e.flags is not None})
        want = {u: m.flags for u, m in box.messages.items()}
        assert state == want, difference(f"{text} in {s}", state, want)
        for e, uid in zip(s.picture.entries, sorted(state)):
            assert e.uid in (None, uid)
            e.uid, e.flags = uid, state[uid]

    def changed_since(self, s):
        """UID FETCH (CHANGEDSINCE, VANISHED): a client that comes back without SELECT's own way."""
        mine = [x for x in self.snapshots if s.picture and x.box is s.picture.box]
        if not s.condstore or not mine:
            return
        snap = self.random.choice(mine)
        s.ok("NOOP")
        vanished = " VANISHED" if "QRESYNC" in s.modes else ""
        s.ok(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {snap.highest}{vanished})")
        told = {e.uid: e.flags for e in s.picture.entries if e.uid in s.told}
        state = {u: f for u, f in snap.state.items() if u not in s.earlier}
        state.update(told)
        want = {u: m.flags for u, m in snap.box.messages.items()}
        if not vanished:
            state = {u: f for u, f in state.items() if u in want}
        assert state == want, difference(f"CHANGEDSINCE {snap.highest}{vanished} in {s}", state, want)

    # ---- searching ----

    def search(self, s):
        s.ok("NOOP")
        box = s.picture.box
        rows = [(i, uid, box.messages[uid]) for i, uid in enumerate(sorted(box.messages), 1)]
        text, match = self.program(rows, 3)
        by_uid = self.random.random() < 0.5
        found = [uid if by_uid else i for i, uid, m in rows if match(i, uid, m)]
        if self.random.random() < 0.4 and "IMAP4rev2" not in s.modes:
            out = s.ok(f"{'UID ' * by_uid}SEARCH {text}")
            got = tern.responses(out, "SEARCH")
            assert len(got) == 1 and [int(x) for x in got[0].items[1:]] == found, f"{text}: {out}, expected {found}"
            return
        options = self.random.sample(["MIN", "MAX", "COUNT", "ALL"], self.random.randrange(5))
        out = s.ok(f"{'UID ' * by_uid}SEARCH RETURN ({' '.join(options)}) {text}")
        got = tern.responses(out, "ESEARCH")
        assert len(got) == 1
        items = [x for x in got[0].items[1:] if not isinstance(x, list)]
        assert (items[:1] == ["UID"]) == by_uid, out
        pairs = dict(zip(map(str, items[by_uid::2]), map(str, items[by_uid + 1::2])))
        want = {}
        if "COUNT" in options:
            want["COUNT"] = str(len(found))
        if found:
            want.update({k: v for k, v in (("MIN", str(found[0])), ("MAX", str(found[-1])), ("ALL", as_set(found)))
                         if k in options or (k == "ALL" and not options)})
        assert pairs == want, f"{text}: {out}, expected {want}"

    def program(self, rows, depth):
        """A search key as text and as a function (seq, uid, message) -> bool."""
        r = self.random
        kind = r.randrange(9 if depth else 6)
        if kind == 0:
            flag = r.choice(["Seen", "Flagged", "Answered", "Deleted", "Draft"])
            no = r.random() < 0.5
            return "UN" * no + flag.upper(), lambda i, u, m: ("\\" + flag in m.flags) != no
        if kind == 1:
            word = r.choice(["$Work", "later", "$Junk", "unheard-of"])
            return f"KEYWORD {word}", lambda i, u, m: word in m.flags
        if kind == 2 and rows:
            some = set(r.sample([i for i, _, _ in rows], r.randrange(1, len(rows) + 1)))
            return as_set(some), lambda i, u, m: i in some
        if kind == 3:
            some = set(r.sample([u for _, u, _ in rows] + [1, 4000000000], r.randrange(1, len(rows) + 2)))
            return "UID " + as_set(some), lambda i, u, m: u in some
        if kind == 4:
            n = r.randrange(200, 500)
            return r.choice([(f"LARGER {n}", lambda i, u, m: m.size > n), (f"SMALLER {n}", lambda i, u, m: m.size < n)])
        if kind <= 5:
            part = f"token{r.randrange(1, 10)}"
            return f"SUBJECT {part}", lambda i, u, m: part in m.token
        a, fa = self.program(rows, depth - 1)
        if kind == 6:
            return f"NOT {a}", lambda i, u, m: not fa(i, u, m)
        b, fb = self.program(rows, depth - 1)
        if kind == 7:
            return f"OR {a} {b}", lambda i, u, m: fa(i, u, m) or fb(i, u, m)
        return f"({a} {b})", lambda i, u, m: fa(i, u, m) and fb(i, u, m)

    # ---- everything at rest ----

    def quiet(self):
        """All sessions agree with the model, and the control session with every number of it."""
        for s in self.sessions:
            if s.idle_tag:
                s.done()
            s.ok("NOOP")
            self.agrees(s)
            if s.picture:
                before = s.picture.state() if s.picture.complete() else None
                s.ok(f"UID FETCH 1:* ({'FLAGS MODSEQ' if s.condstore else 'FLAGS'})")
                assert s.picture.complete()
                assert before in (None, s.picture.state()), difference(repr(s), before, s.picture.state())
                self.agrees(s)
        assert self.names() == set(self.boxes)
        for box in self.boxes.values():
            self.hold(box)
            if len(box.messages) > 300:
                self.prune(box)

    def prune(self, box):
        """Copies of copies would soon be all that is measured."""
        uids = sorted(box.messages)[:-100]
        self.control.select(box, box.name)
        self.control.ok(f"UID STORE {as_set(uids)} +FLAGS.SILENT (\\Deleted)")
        self.control.ok(f"UID EXPUNGE {as_set(uids)}")
        self.control.unselect("UNSELECT")
        self.gone(box, uids)

    def hold(self, box):
        got, m = self.status(box.name), box.messages.values()
        want = {"MESSAGES": len(m), "UIDNEXT": box.uidnext, "UIDVALIDITY": box.validity, "SIZE": sum(x.size for x in m),
                "UNSEEN": sum("\\Seen" not in x.flags for x in m), "DELETED": sum("\\Deleted" in x.flags for x in m)}
        highest = got.pop("HIGHESTMODSEQ")
        assert got == want, f"STATUS {box}: {got}, expected {want}"
        assert highest > box.highest if box.touched else highest == box.highest, \
            f"HIGHESTMODSEQ of {box}: {box.highest}, then {highest}, {'' if box.touched else 'not '}changed"
        box.highest, box.touched = highest, False
        self.hold_messages(box)

    def hold_messages(self, box):
        self.control.select(box, box.name, verb="EXAMINE")
        out = self.control.ok("UID FETCH 1:* (FLAGS MODSEQ RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        seen = {}
        for r in tern.responses(out, "FETCH"):
            pairs = dict(zip(map(str, r.items[2][::2]), r.items[2][1::2]))
            subject = next(v for k, v in pairs.items() if k.startswith("BODY["))
            seen[int(pairs["UID"])] = pairs
            m = box.messages[int(pairs["UID"])]
            assert m.token.encode() in subject and int(pairs["RFC822.SIZE"]) == m.size
            modseq = int(pairs["MODSEQ"][0])
            assert m.modseq in (None, modseq) and modseq <= box.highest
            m.modseq = modseq
        assert sorted(seen) == sorted(box.messages)
        assert self.control.picture.state() == {u: m.flags for u, m in box.messages.items()}
        self.control.unselect("UNSELECT")


def apply(flags, mode, change):
    change = frozenset(change)
    return None if flags is None and mode else change if not mode else flags | change if mode == "+" else flags - change


def difference(what, got, want):
    keys = sorted(k for k in set(got) | set(want) if got.get(k) != want.get(k))
    return f"{what}: " + "; ".join(f"UID {k}: {got.get(k)} instead of {want.get(k)}" for k in keys[:20])
