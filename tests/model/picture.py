"""What one client believes about its mailbox, built only from what the server told it.

Every response is held against what the client already knows; a contradiction is an AssertionError there and then.
"""

import tern


def uid_set(text):
    """"1:3,7" as a list of numbers."""
    out = []
    for part in text.split(","):
        lo, _, hi = part.partition(":")
        lo, hi = int(lo), int(hi or lo)
        out += range(min(lo, hi), max(lo, hi) + 1)
    return out


def as_set(numbers):
    """[1, 2, 3, 7] as "1:3,7"."""
    runs = []
    for n in sorted(numbers):
        if runs and runs[-1][1] == n - 1:
            runs[-1][1] = n
        else:
            runs.append([n, n])
    return ",".join(f"{a}:{b}" if a < b else str(a) for a, b in runs)


def plain_flags(items):
    return frozenset(str(f) for f in items if f != "\\Recent")


class Entry:
    """A message the client counts.  None: not told yet."""

    __slots__ = ("uid", "flags", "modseq")

    def __init__(self, uid=None, flags=None, modseq=None):
        self.uid, self.flags, self.modseq = uid, flags, modseq


class Picture:
    def __init__(self, box=None):
        self.box, self.entries = box, []
        self.validity = self.uidnext = self.highest = None

    def exists(self, n):
        assert n >= len(self.entries), f"EXISTS went from {len(self.entries)} to {n} without an EXPUNGE"
        self.entries += [Entry() for _ in range(n - len(self.entries))]

    def expunge(self, seq):
        assert 1 <= seq <= len(self.entries), f"EXPUNGE {seq} of {len(self.entries)}"
        del self.entries[seq - 1]

    def vanished(self, uids):
        for uid in uids:
            at = self.place(uid)
            assert at is not None, f"VANISHED {uid}, which this client never counted: {self.uids()}"
            del self.entries[at]

    def place(self, uid):
        """Where `uid` stands, or could stand: messages whose UID was not told are in order, too."""
        for i, e in enumerate(self.entries):
            if e.uid == uid:
                return i
        below = max((i for i, e in enumerate(self.entries) if e.uid is not None and e.uid < uid), default=-1)
        at = below + 1
        return at if at < len(self.entries) and self.entries[at].uid is None else None

    def fetched(self, seq, pairs):
        assert 1 <= seq <= len(self.entries), f"FETCH of {seq}, {len(self.entries)} exist"
        e = self.entries[seq - 1]
        if "UID" in pairs:
            uid = int(pairs["UID"])
            assert e.uid in (None, uid), f"{seq} was UID {e.uid} and is UID {uid}"
            e.uid = uid
            known = [x.uid for x in self.entries if x.uid is not None]
            assert known == sorted(set(known)), f"UIDs do not rise: {known}"
        if "MODSEQ" in pairs:
            modseq = int(pairs["MODSEQ"][0])
            assert modseq >= max(1, e.modseq or 0), f"MODSEQ of {e.uid} went from {e.modseq} to {modseq}"
            assert e.modseq != modseq or "FLAGS" not in pairs or e.flags in (None, plain_flags(pairs["FLAGS"])), \
                f"UID {e.uid} has two states at MODSEQ {modseq}"
            e.modseq = modseq
        elif "FLAGS" in pairs and e.flags != plain_flags(pairs["FLAGS"]):
            e.modseq = None
        if "FLAGS" in pairs:
            e.flags = plain_flags(pairs["FLAGS"])
        return e

    def told_highest(self, n):
        assert n >= (self.highest or 1), f"HIGHESTMODSEQ went from {self.highest} to {n}"
        self.highest = n

    def uids(self):
        return [e.uid for e in self.entries]

    def complete(self):
        return all(e.uid is not None and e.flags is not None for e in self.entries)

    def state(self):
        return {e.uid: e.flags for e in self.entries}


class Watcher(tern.Imap):
    """A client with a picture; `modes` are what it ENABLEs."""

    def __init__(self, port, modes=(), history=None):
        super().__init__(port)
        self.modes, self.history = frozenset(modes), history if history is not None else {}
        self.picture = self.coming = None
        self.picture_read_only = False
        self.silent_expunge = False  # EXPUNGE may not come now
        self.asked = False           # a FETCH runs: its responses hold what it asked for
        self.told, self.earlier = set(), []
        self.idle_tag = None
        self.greeting()
        self.ok("LOGIN demo demo")
        if modes:
            self.ok("ENABLE " + " ".join(modes))
        self.parser.utf8 = "IMAP4rev2" in modes

    def __repr__(self):
        return f"<{'+'.join(sorted(self.modes)) or 'rev1'} on {self.picture and self.picture.box}>"

    @property
    def condstore(self):
        return bool(self.modes & {"CONDSTORE", "QRESYNC"})

    def cmd(self, text):
        verb = (text if isinstance(text, str) else text.decode("latin-1")).split()[0].upper()
        self.silent_expunge = verb in ("FETCH", "STORE", "SEARCH")
        self.asked = "FETCH" in str(text)
        self.told, self.earlier = set(), []
        try:
            return super().cmd(text)
        finally:
            self.silent_expunge = self.asked = False

    def select(self, box, name, text="", verb="SELECT"):
        self.coming = Picture(box)
        if self.picture is None:
            self.picture, self.coming = self.coming, None
        out = self.cmd(f"{verb} {name}{text}")
        if out[-1].items[0] != "OK":
            self.picture = None
            return out
        assert self.coming is None, f"no CLOSED before the new mailbox: {out}"
        assert self.picture.validity and self.picture.uidnext, out
        return out

    def unselect(self, verb):
        self.ok(verb)
        self.picture = None

    def idle(self):
        self.idle_tag = self.tag()
        self.send(f"{self.idle_tag} IDLE\r\n")
        while self.read().tag != "+":
            pass

    def done(self):
        self.send("DONE\r\n")
        tag, self.idle_tag = self.idle_tag, None
        assert self.until(tag)[-1].items[0] == "OK"

    def read(self):
        r = super().read()
        if r.tag != "+":
            self.feed(r)
        return r

    def feed(self, r):
        first = r.items[0]
        if first in ("OK", "NO") and len(r.items) == 3 and r.items[1] is not None:
            self.feed_code(r.items[1].decode().split())
            return
        second = r.items[1] if len(r.items) > 1 else None
        if second == "EXISTS":
            self.picture.exists(int(first))
        elif second == "EXPUNGE":
            assert "QRESYNC" not in self.modes, "EXPUNGE where VANISHED belongs (RFC 7162, 3.2.10)"
            assert not self.silent_expunge, "EXPUNGE during FETCH, STORE or SEARCH (RFC 9051, 7.5.1)"
            self.picture.expunge(int(first))
        elif first == "VANISHED":
            assert "QRESYNC" in self.modes
            if isinstance(second, list):
                assert second == ["EARLIER"]
                self.earlier += uid_set(r.items[2])
            else:
                assert not self.silent_expunge, "VANISHED during FETCH, STORE or SEARCH (RFC 7162, 3.2.10)"
                self.picture.vanished(uid_set(second))
        elif second == "FETCH":
            self.feed_fetch(int(first), r.items[2])
        elif second == "RECENT":
            assert "IMAP4rev2" not in self.modes

    def feed_fetch(self, seq, items):
        assert len(set(map(str, items[::2]))) == len(items) // 2, f"an item twice: {items}"
        pairs = dict(zip(items[::2], items[1::2]))
        if "FLAGS" in pairs and not self.asked:
            assert "MODSEQ" in pairs or not self.condstore, f"RFC 7162, 3.1: {pairs}"
            assert "UID" in pairs or "QRESYNC" not in self.modes, f"RFC 7162, 3.2.4: {pairs}"
        e = self.picture.fetched(seq, pairs)
        if "FLAGS" in pairs and e.uid is not None:
            self.told.add(e.uid)
        if "MODSEQ" in pairs and "FLAGS" in pairs and e.uid is not None:
            key = (self.picture.box, e.uid, e.modseq)
            assert self.history.setdefault(key, e.flags) == e.flags, f"{key}: {self.history[key]} and {e.flags}"

    def feed_code(self, words):
        name = words[0].upper()
        if name == "CLOSED":
            self.picture, self.coming = self.coming, None
        elif name == "HIGHESTMODSEQ":
            self.picture.told_highest(int(words[1]))
        elif name == "UIDVALIDITY":
            self.picture.validity = int(words[1])
        elif name == "UIDNEXT":
            self.picture.uidnext = int(words[1])
