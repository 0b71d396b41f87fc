"""kill -9 at random moments under load: every change that was acknowledged is there, `tern check` finds nothing.

Several clients work, each in mailboxes of its own with a model beside it.  At the kill each has at most one command
whose answer never came: its mailbox must be as before it or as after it, nothing between.
"""
# time limit: 400 s
# runs alone

import copy
import os
import random
import socket
import threading
import time

import tern

ROUNDS = int(os.environ.get("TERN_CRASH_ROUNDS", "8"))
CLIENTS = 6
FLAGS = ["\\Seen", "\\Flagged", "\\Answered", "$Label1", "Work"]


class Box:
    """A mailbox as the client knows it: UID -> (flags, body)."""

    def __init__(self, validity):
        self.validity, self.messages = validity, {}


class Worker(threading.Thread):
    def __init__(self, server, n, seed, boxes):
        super().__init__(daemon=True)
        self.server, self.name_, self.random = server, f"c{n}", random.Random(seed)
        self.boxes, self.maybe, self.done, self.error = boxes, None, 0, None

    def run(self):
        try:
            with self.server.imap("demo") as c:
                while True:
                    self.step(c)
                    self.done += 1
        except (OSError, EOFError, socket.timeout):
            pass
        except Exception as e:  # told by the main thread
            self.error = e

    def attempt(self, after, run):
        """`after`: the boxes if the command is done.  It is undecided until the answer is here."""
        self.maybe = after
        run(after)
        self.boxes, self.maybe = after, None

    def step(self, c):
        r = self.random
        names = sorted(self.boxes)
        if not names or (len(names) < 3 and r.random() < 0.05):
            return self.create(c)
        name = r.choice(names)
        roll = r.random()
        box = self.boxes[name]
        if roll < 0.02:
            return self.delete(c, name)
        if roll < 0.05:
            return self.rename(c, name)
        if roll < 0.15:
            return self.deliver(c, name)
        if roll < 0.5 or not box.messages:
            return self.append(c, name)
        if roll < 0.75:
            return self.store(c, name)
        if roll < 0.85:
            return self.expunge(c, name)
        return self.copy_or_move(c, name, r.choice(names), r.random() < 0.5)

    def create(self, c):
        name = f"{self.name_}-{self.random.randrange(10**9)}"
        after = copy.deepcopy(self.boxes)
        after[name] = Box(None)

        def run(boxes):
            c.ok(f"CREATE {name}")
            out = c.ok(f"STATUS {name} (UIDVALIDITY)")
            boxes[name].validity = int(out[0].items[2][1])
        self.attempt(after, run)

    def append(self, c, name):
        body = tern.message(f"{self.name_} {self.random.random()}", "x" * self.random.choice([10, 1000, 70000]) + "\r\n")
        flags = self.random.sample(FLAGS, self.random.randrange(3))
        after = copy.deepcopy(self.boxes)
        after[name].messages["new"] = (frozenset(flags), body)

        def run(boxes):
            validity, uid = c.append(name, body, flags=f"({' '.join(flags)})")
            assert validity == boxes[name].validity and uid not in boxes[name].messages
            boxes[name].messages[uid] = boxes[name].messages.pop("new")
        self.attempt(after, run)

    def delete(self, c, name):
        after = copy.deepcopy(self.boxes)
        del after[name]
        self.attempt(after, lambda _: c.ok(f"DELETE {name}"))

    def rename(self, c, name):
        to = f"{self.name_}-{self.random.randrange(10**9)}"
        after = copy.deepcopy(self.boxes)
        after[to] = after.pop(name)
        self.attempt(after, lambda _: c.ok(f"RENAME {name} {to}"))

    def deliver(self, c, name):
        token = f"d{self.random.randrange(10**12)}"
        after = copy.deepcopy(self.boxes)
        after[name].messages["new"] = (frozenset(), token.encode())

        def run(_):
            with self.server.lmtp() as lmtp:
                lmtp.begin(f"demo+{name}")
                assert lmtp.data(f"Subject: {token}\r\n\r\n".encode() + b"z" * self.random.choice([10, 70000])) == [(250, "2.1.5")]
        self.attempt(after, run)
        c.ok(f"SELECT {name}")
        uid = int(c.ok(f"UID SEARCH SUBJECT {token}")[0].items[1])
        body = bytes(c.fetch(f"UID FETCH {uid}", "(BODY.PEEK[])").popitem()[1]["BODY[]"])
        del self.boxes[name].messages["new"]
        self.boxes[name].messages[uid] = (frozenset(), body)

    def store(self, c, name):
        c.ok(f"SELECT {name}")
        uids = self.random.sample(sorted(self.boxes[name].messages), min(3, len(self.boxes[name].messages)))
        flag, add = self.random.choice(FLAGS), self.random.random() < 0.6
        after = copy.deepcopy(self.boxes)
        for u in uids:
            flags, body = after[name].messages[u]
            after[name].messages[u] = (flags | {flag} if add else flags - {flag}, body)
        self.attempt(after, lambda _: c.ok(f"UID STORE {','.join(map(str, uids))} {'+' if add else '-'}FLAGS ({flag})"))

    def expunge(self, c, name):
        c.ok(f"SELECT {name}")
        uid = self.random.choice(sorted(self.boxes[name].messages))
        after = copy.deepcopy(self.boxes)
        flags, body = after[name].messages[uid]
        after[name].messages[uid] = (flags | {"\\Deleted"}, body)
        self.attempt(after, lambda _: c.ok(f"UID STORE {uid} +FLAGS.SILENT (\\Deleted)"))
        after = copy.deepcopy(self.boxes)
        del after[name].messages[uid]
        self.attempt(after, lambda _: c.ok(f"UID EXPUNGE {uid}"))

    def copy_or_move(self, c, name, to, move):
        c.ok(f"SELECT {name}")
        uid = self.random.choice(sorted(self.boxes[name].messages))
        after = copy.deepcopy(self.boxes)
        after[to].messages["new"] = after[name].messages[uid]
        if move:
            del after[name].messages[uid]

        def run(boxes):
            out = c.ok(f"UID {'MOVE' if move else 'COPY'} {uid} {to}")
            boxes[to].messages[int(tern.code(out, "COPYUID")[2])] = boxes[to].messages.pop("new")
        self.attempt(after, run)


def stored(c):
    """What the server has: name -> (validity, {uid: (flags, body)})."""
    found = {}
    for r in tern.responses(c.ok('LIST "" c*'), "LIST"):
        name = r.items[3]
        name = name.decode() if isinstance(name, bytes) else str(name)
        out = c.ok(f"EXAMINE {name}")
        validity = int(tern.code(out, "UIDVALIDITY")[0])
        messages = {}
        for m in c.fetch("1:*", "(UID FLAGS RFC822.SIZE BODY.PEEK[])").values() if has_mail(out) else []:
            assert int(m["RFC822.SIZE"]) == len(m["BODY[]"])
            messages[int(m["UID"])] = (frozenset(f for f in m["FLAGS"] if f != "\\Recent"), bytes(m["BODY[]"]))
        found[name] = (validity, messages)
    return found


def has_mail(select_output):
    return next(int(r.items[0]) for r in tern.responses(select_output, "EXISTS")) > 0


def same(boxes, found):
    mine = {n: b for n, b in boxes.items()}
    if set(mine) != set(found):
        return False
    for name, box in mine.items():
        validity, messages = found[name]
        if box.validity is not None and box.validity != validity:
            return False
        known = {u: m for u, m in box.messages.items() if u != "new"}
        extra = {u: m for u, m in messages.items() if u not in known}
        new = [box.messages["new"]] if "new" in box.messages else []
        if {u: m for u, m in messages.items() if u in known} != known or len(extra) != len(new):
            return False
        # A delivery has fields in front, so its subject stands for it.
        if any(flags != now or not (body == text or (body[:1] == b"d" and b"Subject: " + body + b"\r\n" in text))
               for (flags, body), (now, text) in zip(new, extra.values())):
            return False
        if new and known and min(extra) <= max(known):
            return False
    return True


def settle(worker, found):
    """Which of the two it was; adopts it, with the UIDs that were given."""
    candidates = [worker.boxes] + ([worker.maybe] if worker.maybe is not None else [])
    for boxes in candidates:
        if same(boxes, found):
            for name, box in boxes.items():
                box.validity, box.messages = found[name][0], dict(found[name][1])
            return boxes
    raise AssertionError(f"{worker.name_}: neither as before nor as after the last command:\n"
                         f"found { {n: (v, sorted(m)) for n, (v, m) in found.items()} }\n"
                         f"before { {n: sorted(map(str, b.messages)) for n, b in worker.boxes.items()} }\n"
                         f"after { {n: sorted(map(str, b.messages)) for n, b in (worker.maybe or {}).items()} }")


def test_every_acknowledged_change_is_there_after_each_of_many_kills():
    seed = int(os.environ.get("TERN_SEED", random.randrange(2**32)))
    print("seed", seed)
    r = random.Random(seed)
    total = 0
    states = [{} for _ in range(CLIENTS)]
    server = tern.Server()
    try:
        server.start()
        server.run("account", "set", "demo", "--detail", "on", "--store", str(server.store))
        server.stop()
        for _ in range(ROUNDS):
            server.start()
            workers = [Worker(server, n, r.random(), states[n]) for n in range(CLIENTS)]
            for w in workers:
                w.start()
            time.sleep(r.uniform(0.5, 4))
            server.kill()
            for w in workers:
                w.join(30)
                assert not w.is_alive()
                assert w.error is None, w.error
            total += sum(w.done for w in workers)
            check = server.run("check", "--store", str(server.store), "--deep", check=False)
            assert check.returncode == 0, check.stdout.decode() + check.stderr.decode()
            server.start()
            with server.imap("demo") as c:
                found = stored(c)
            for n, w in enumerate(workers):
                mine = {k: v for k, v in found.items() if k.startswith(w.name_ + "-")}
                states[n] = settle(w, mine)
            server.stop()
    finally:
        server.stop(check=False)
        server.tmp.cleanup()
    print("acknowledged steps:", total)
    assert total > 50 * ROUNDS
