"""What is measured: data first.  Each workload is arguments for bench/load, with what the answer must be."""

import dataclasses
import datetime
import socket

LIST_VIEW = "(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE)"
FIELDS = "(BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE MESSAGE-ID)])"
ALL = "FETCH 1:* "


@dataclasses.dataclass
class Sizes:
    mail: int = 20000  # as found
    big: int = 100000  # small ones
    boxes: int = 1000
    status: int = 200
    change: int = 5000
    seconds: float = 2
    rounds: int = 2
    idle: tuple = (10000, 500)
    users: int = 10000
    mixed: int = 200
    growth: tuple = (1000, 10000, 100000)


QUICK = Sizes(mail=2000, big=10000, boxes=200, status=50, change=1000, seconds=0.7, idle=(1000, 100), users=1000, mixed=100,
              growth=(1000, 10000))


@dataclasses.dataclass
class Workload:
    name: str
    load: list  # arguments of bench/load
    per: int = 1  # operations that one command is
    rounds: int = 0  # 0: as the sizes say
    restart: bool = False  # the server, before each round: cold
    settle: bool = False  # processes end during it
    tuned: bool = False  # servers.py
    prepare: tuple = ()  # loads that are not measured, or functions of the server
    unit: str = "/s"


def command(text, mailbox="INBOX", user="bench", count=1000000, select=True, expect="", **more):
    args = ["run", "--user", user, "--mailbox", mailbox, "--count", str(count)] + (["--select"] if select else [])
    for c in [text] if isinstance(text, str) else text:
        args += ["--command", c]
    for e in expect.split():
        args += ["--expect", e]
    for key, value in more.items():
        args += ["--" + key, str(value)]
    return args


def append(clients, users, user="u", mailbox="INBOX", count=1000000, size=4096, *more):
    who = ["--user", user] + (["--users", str(users)] if users else [])
    return ["append", *who, "--clients", str(clients), "--mailbox", mailbox, "--count", str(count), "--size", str(size), *more]


def fill(s):
    """Everything the workloads need, by the same commands for every server."""
    small = s.big // 10
    yield "mail", ["append", "--user", "bench", "--clients", "4", "--pipeline", "8", "--marked", "--count", str(s.mail)]
    for box in ("big", "copied", "moving", "moved", "doomed", "grown"):
        yield "mailboxes", command(f"CREATE {box}", select=False, count=1)
    yield "big", append(4, 0, "bench", "big", small, 1500, "--marked", "--pipeline", "8")
    yield "big", command(f"COPY 1:{small} big", "big", count=9)
    for first, n, letter in ((0, s.boxes, "b"), (0, s.status, "s")):
        for at in range(first, n, 15):
            yield "mailboxes", command([f"CREATE {letter}{i:04}" for i in range(at, min(at + 15, n))], user="boxes", select=False,
                                       count=min(15, n - at))
    yield "accounts", append(50, 50, "u", "INBOX", 5000, 4096, "--each")


def searches(s, mail):
    day = (s.mail // 2) // 96
    date = datetime.date(2024, 1, 1) + datetime.timedelta(days=day)
    month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[date.month - 1]
    keys = [("by flag", "UNSEEN", mail["unseen"]), ("by date", f"SINCE {date.day}-{month}-{date.year}", s.mail - 96 * day),
            ("in subjects", "SUBJECT zanzibar", mail["subject"]), ("in senders", "FROM okonkwo", mail["from"]),
            ("of a word in bodies", "BODY quetzalcoatl", mail["word"]), ("inside of words in bodies", "BODY phonebri", mail["inside"])]
    for name, key, hits in keys:
        yield Workload(f"SEARCH {name}, {s.mail:,} messages", command("SEARCH " + key, expect=f"search={hits}"))


def fetches(s, mail):
    n = s.mail
    items = [("list view", LIST_VIEW, f"fetch={n}"), ("header fields", FIELDS, f"fetch={n} literal={mail['fields']}"),
             ("whole bodies", "(BODY.PEEK[])", f"fetch={n} literal={mail['bytes']}"),
             ("one part", "(BODY.PEEK[1])", f"fetch={n} literal={mail['parts']}")]
    for name, what, expect in items:
        yield Workload(f"FETCH {name}, first time", command(ALL + what, count=1, expect=expect), n, rounds=1, unit="messages/s")
    yield Workload("FETCH list view, server just started", command(ALL + LIST_VIEW, count=1, expect=f"fetch={n}"), n, restart=True,
                   unit="messages/s")
    for name, what, expect in items:
        yield Workload(f"FETCH {name}", command(ALL + what, expect=expect), n, unit="messages/s")
    yield Workload(f"FETCH flags of {s.big:,}", command(ALL + "(FLAGS)", "big", expect=f"fetch={s.big}"), s.big, unit="messages/s")


def changes(s):
    k = s.change
    yield Workload(f"STORE on all of {s.mail:,}", command([f"STORE 1:* {sign}FLAGS.SILENT (\\Answered)" for sign in "+-"], expect="fetch=0"),
                   s.mail, unit="messages/s")
    yield Workload("STORE on one", command(["STORE # +FLAGS.SILENT (\\Answered)", "STORE # -FLAGS.SILENT (\\Answered)"], messages=s.mail))
    yield Workload(f"COPY {k:,}", command(f"COPY 1:{k} copied", count=2), k, unit="messages/s")
    yield Workload(f"MOVE {k:,}", command(f"MOVE 1:{k} moved", "moving", count=1, expect=f"expunge={k}"), k, rounds=3,
                   prepare=(command(f"COPY 1:{k} moving", count=1),), unit="messages/s")
    yield Workload(f"EXPUNGE {k:,}", command("EXPUNGE", "doomed", count=1, expect=f"expunge={k}"), k, rounds=3,
                   prepare=(command(f"COPY 1:{k} doomed", count=1), command("STORE 1:* +FLAGS.SILENT (\\Deleted)", "doomed", count=1)),
                   unit="messages/s")


def deliveries(s):
    for c in (1, 16, 64):
        yield Workload(f"APPEND 4 KB, {c} client{'s' * (c > 1)}, an account each", append(c, c))
    for c in (16, 64):
        yield Workload(f"APPEND 4 KB, {c} clients, one mailbox", append(c, 0, "u99"))
    for c in (1, 16, 64):
        yield Workload(f"LMTP 4 KB, {c} client{'s' * (c > 1)}, 90 accounts",
                       ["lmtp", "--user", "u", "--users", "90", "--clients", str(c), "--count", "1000000", "--size", "4096"], settle=True)
    yield Workload("LMTP 4 KB, 16 clients, one account",
                   ["lmtp", "--user", "u9", "--users", "1", "--clients", "16", "--count", "1000000", "--size", "4096"], settle=True)


def logins(s):
    for tls in ("", " over TLS"):
        for c in (1, 64):
            yield Workload(f"login{tls}, {c} at a time", ["login", "--user", "bench", "--clients", str(c), "--count", "1000000"] +
                           (["--tls"] if tls else []), settle=True)
    yield Workload("login, 64 at a time, Dovecot with service_count = 256",
                   ["login", "--user", "bench", "--clients", "64", "--count", "1000000"], settle=True, restart=True, tuned=True,
                   prepare=(["login", "--user", "bench", "--clients", "64", "--count", "64"],))


def lists(s):
    yield Workload(f"LIST of {s.boxes:,}", command('LIST "" b*', user="boxes", select=False, expect=f"list={s.boxes}"))
    yield Workload(f"LIST-STATUS of {s.status:,}", command('LIST "" s* RETURN (STATUS (MESSAGES UNSEEN UIDNEXT))', user="boxes", select=False,
                                                           expect=f"list={s.status} status={s.status}"))


def selects(s):
    expect = f"exists={s.big}"
    yield Workload(f"SELECT of {s.big:,}, server just started", command("SELECT big", select=False, count=1, expect=expect), rounds=3, restart=True)
    yield Workload(f"SELECT of {s.big:,}", command("SELECT big", select=False, expect=expect))
    yield Workload(f"login, SELECT of {s.big:,}, logout",
                   ["login", "--user", "bench", "--select", "--mailbox", "big", "--count", "1000000"], settle=True)


def growth(s):
    """A mailbox that grows: what it has costs nothing to what comes."""
    has = 0
    for n in s.growth:
        step = n - has
        has = n
        yield Workload(f"APPEND 4 KB, 16 clients, to a mailbox of {n:,}", append(16, 0, "bench", "grown"), rounds=1,
                       prepare=(command(f"COPY 1:{min(step, s.big // 10)} grown", "big", count=-(-step // (s.big // 10))),))
        yield Workload(f"SELECT of {n:,} and what was appended", command("SELECT grown", select=False), rounds=1)


class Talk:
    """A client that asks one thing at a time."""

    def __init__(self, server, user):
        self.socket = socket.create_connection(("127.0.0.1", server.imap))
        self.file = self.socket.makefile("rb")
        self.file.readline()
        self.ask(f"LOGIN {user} {user}")

    def ask(self, text):
        self.socket.sendall(f"t {text}\r\n".encode())
        lines = []
        while not lines or not lines[-1].startswith("t "):
            lines.append(self.file.readline().decode())
        if not lines[-1].startswith("t OK"):
            raise SystemExit(f"bench: {text}: {lines[-1]}")
        return "".join(lines)

    def close(self):
        self.ask("LOGOUT")
        self.socket.close()


def resync(server, s, turn):
    """Ten flags change behind the back of a client that comes back with what it knew."""
    talk = Talk(server, "bench")
    talk.ask("ENABLE QRESYNC")
    told = talk.ask("SELECT INBOX")
    known = [told.split(word)[1].split("]")[0].strip() for word in ("[UIDVALIDITY ", "[HIGHESTMODSEQ ")]
    sign = "+-"[turn % 2]
    for i in range(10):
        talk.ask(f"STORE {1 + i * (s.mail // 10)} {sign}FLAGS.SILENT (Changed)")
    talk.close()
    return command(f"SELECT INBOX (QRESYNC ({known[0]} {known[1]}))", select=False, expect="fetch=10", prelude="ENABLE QRESYNC")


def plan(s, mail):
    yield from fetches(s, mail)
    yield from selects(s)
    yield from searches(s, mail)
    yield Workload(f"QRESYNC after ten changes in {s.mail:,}", resync)
    yield from logins(s)
    yield from lists(s)
    yield Workload(f"what {s.mixed} clients do all day", ["mixed", "--user", "u", "--users", "50", "--clients", str(s.mixed), "--select",
                                                         "--messages", "50", "--size", "4096", "--count", "1000000"])
    yield from changes(s)
    yield from deliveries(s)
    yield from growth(s)
