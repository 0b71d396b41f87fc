"""Attacks on who somebody is, and on the files below: rows of the collection of attacks that need more than one connection."""
# time limit: 300 s

import os
import random
import shutil
import socket
import ssl
import statistics
import subprocess
import threading
import time

import pytest
import tern


@pytest.fixture(scope="module")
def server():
    with tern.Server(users=["demo:demo", "other:secret"]) as s:
        yield s


def tern_on(server, *args, input=b""):
    return server.run(*args, "--store", str(server.store), input=input)


def login(server, user, password):
    with server.imap() as c:
        return c.cmd(f"LOGIN {user} {password}")[-1].items[0] == "OK"


def test_row_10_what_is_remembered_of_one_user_is_of_no_use_to_another(server):
    assert login(server, "demo", "demo") and login(server, "demo", "demo")
    assert not login(server, "other", "demo") and not login(server, "demo", "secret") and not login(server, "demo", "demo2")
    assert not login(server, "demo", "dem") and not login(server, "dem", "odemo")
    tern_on(server, "account", "passwd", "demo", input=b"changed\n")
    assert not login(server, "demo", "demo") and login(server, "demo", "changed")
    tern_on(server, "account", "passwd", "demo", input=b"demo\n")


def test_row_10_an_unknown_name_takes_as_long_as_a_wrong_password(server):
    def cost(user):
        times = []
        for i in range(5):
            with server.imap() as c:
                begin = time.monotonic()
                c.no(f"LOGIN {user} wrong{random.random()}")
                times.append(time.monotonic() - begin)
        return statistics.median(times)
    known, unknown = cost("other"), cost("nobody-at-all")
    assert 0.4 < known / unknown < 2.5, (known, unknown)


@pytest.mark.parametrize("how", [("disable", "victim"), ("delete", "victim", "--yes"), ("passwd", "victim")], ids=lambda h: h[0])
def test_row_11_who_is_shut_out_cannot_come_in_again(server, how):
    tern_on(server, "account", "add", "victim", input=b"pw\n")
    try:
        with server.imap("victim", "pw") as c:
            c.append("INBOX", tern.message("mine"))
        tern_on(server, "account", *how, input=b"another\n")
        assert not login(server, "victim", "pw")
    finally:
        if how[0] != "delete":
            tern_on(server, "account", "delete", "victim", "--yes")
    tern_on(server, "account", "add", "victim", input=b"pw\n")
    with server.imap("victim", "pw") as c:  # the same name is another account
        assert int(c.ok("STATUS INBOX (MESSAGES)")[0].items[2][1]) == 0
    tern_on(server, "account", "delete", "victim", "--yes")


def test_row_11_the_live_session_of_a_deleted_account_ends(server):
    tern_on(server, "account", "add", "victim", input=b"pw\n")
    with server.imap("victim", "pw") as c:
        c.append("INBOX", tern.message("mine"))
        c.ok("SELECT INBOX")
        tern_on(server, "account", "delete", "victim", "--yes")
        try:
            for _ in range(3):
                assert c.cmd("APPEND INBOX {3+}\r\nabc")[-1].items[0] == "NO"
        except EOFError:
            pass
    assert tern_on(server, "check").returncode == 0


def test_row_13_names_that_clients_say_in_tls_cost_no_memory():
    # What is freed must not be kept by the address sanitizer here.
    small = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"
    with tern.Server(env={"ASAN_OPTIONS": small}) as server:
        say_names(server)


def say_names(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def connect(n):
        for i in range(n):
            name = f"{random.getrandbits(100):x}.example.org"
            with context.wrap_socket(socket.create_connection(("127.0.0.1", server.imaps_port), 20), server_hostname=name) as s:
                assert s.recv(4) == b"* OK"
    connect(200)
    before = server.rss_kb()
    connect(600)
    assert server.rss_kb() - before < 20_000


def test_row_24_nothing_of_one_session_is_seen_by_the_next(server):
    for i in range(30):
        with server.imap("demo") as a:
            a.ok("ENABLE QRESYNC IMAP4rev2")
            a.cmd("CREATE private")
            a.ok("SELECT private")
            a.ok("SEARCH RETURN (SAVE) ALL")
            a.send("half LIST {1000+}\r\nhalf a lite")
        with server.imap() as b:
            b.bad("SELECT INBOX")
            assert b.ok("LOGIN other secret")
            b.bad("FETCH 1 FLAGS")
            b.no("SELECT private")
            out = b.ok("SELECT INBOX")
            assert tern.responses(out, "RECENT") and tern.code(out, "CLOSED") is None
            assert b.ok("SEARCH ALL")[0].items[0] == "SEARCH"


def test_row_29_coming_back_with_huge_sets_while_messages_vanish(server):
    with server.imap("demo") as c:
        c.cmd("CREATE huge")
        for i in range(200):
            c.append("huge", tern.message(f"h{i}"))
        validity = tern.code(c.ok("SELECT huge"), "UIDVALIDITY")[0]
    stop = threading.Event()

    def vanish():
        with server.imap("demo") as c:
            c.ok("SELECT huge")
            while not stop.is_set():
                c.append("huge", tern.message("again"))
                c.ok("UID STORE 1:* +FLAGS.SILENT (\\Deleted)" if random.random() < 0.05 else f"STORE {random.randrange(1, 5)} +FLAGS.SILENT (\\Deleted)"
                     if len(c.ok("SEARCH ALL")[0].items) > 5 else "NOOP")
                c.ok("EXPUNGE")
    t = threading.Thread(target=vanish)
    t.start()
    try:
        sets = ["1:4294967295", ",".join(map(str, range(1, 12000, 2))), "1:*", "4294967295", ",".join(f"{i}:{i + 1}" for i in range(1, 15000, 3))]
        for i in range(40):
            with server.imap("demo") as c:
                c.ok("ENABLE QRESYNC")
                known = random.choice(sets)
                match = random.choice(["", " (1,3,9 2,7,100)", " (1:20 1:20)", " (4294967295 4294967295)"])
                out = c.cmd(f"SELECT huge (QRESYNC ({validity} {random.choice([1, 100, 9223372036854775807])} {known}{match}))")
                assert out[-1].items[0] in ("OK", "BAD"), out
                c.cmd(f"UID FETCH {known} (FLAGS) (CHANGEDSINCE 1 VANISHED)")
                c.ok("NOOP")
    finally:
        stop.set()
        t.join(30)


def files_of(store):
    return [p for p in store.rglob("*") if p.is_file() and p.name not in ("ballast", "lock.mdb") and p.stat().st_size > 0]


def damage(path, r):
    """One of: a byte changed, a stretch zeroed, cut, made longer.  In what is used of it."""
    data = bytearray(path.read_bytes())
    used = len(data.rstrip(b"\0")) or 1
    kind, at = r.randrange(4), r.randrange(used)
    if kind == 0:
        data[at] ^= 1 << r.randrange(8)
    elif kind == 1:
        data[at:at + 512] = bytes(len(data[at:at + 512]))
    elif kind == 2:
        del data[at:]
    else:
        data += bytes(r.randrange(256) for _ in range(5000))
    path.write_bytes(data)
    return f"{path.name}: {('bit', 'zeros', 'cut', 'longer')[kind]} at {at} of {used}"


def look_at(store, what):
    """check, and a server that is asked for everything: whatever they answer, they end by themselves."""
    for args in (["check", "--deep"], ["check", "--repair"], ["account", "list"]):
        done = subprocess.run([tern.TERN, *args, "--store", str(store)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        assert 0 <= done.returncode < 100 and b"Sanitizer" not in done.stderr, (what, args, done.returncode, done.stderr[-3000:])
    s = tern.Serve(store=store)
    try:
        s.start()
    except AssertionError:
        text = s.output()
        assert "Sanitizer" not in text and "runtime error" not in text, (what, text)
        s.tmp.cleanup()
        return
    try:
        with s.imap() as c:
            c.parser.utf8 = True
            if c.cmd("LOGIN demo demo")[-1].items[0] == "OK" and c.cmd("SELECT INBOX")[-1].items[0] == "OK":
                c.cmd("UID FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE BODY.PEEK[])")
                c.cmd("SEARCH BODY x")
                c.cmd("APPEND INBOX {3+}\r\nabc")
    except EOFError:
        pass
    except tern.GrammarError:
        pass  # its literal was cut short by the end of the session
    code = s.process.poll()
    assert code is None, (what, code, s.output())
    s.stop()
    s.tmp.cleanup()


@pytest.mark.parametrize("engine", ["packs", "map"])
def test_row_25_damaged_files_never_crash_anything(tmp_path, engine):
    seed = int(os.environ.get("TERN_SEED", random.randrange(2**32)))
    print("TERN_SEED", seed)
    r = random.Random(seed)
    with tern.Server(store=tmp_path / "whole") as s, s.imap("demo") as c:
        for i in range(60):
            c.append("INBOX", tern.message(f"m{i}", "x" * r.randrange(3000) + "\r\n"))
        c.ok("SELECT INBOX")
        c.ok("STORE 1:30 +FLAGS (\\Deleted $One)")
        c.ok("EXPUNGE")
    for _ in range(int(os.environ.get("TERN_DAMAGES", "12"))):
        store = tmp_path / "hurt"
        shutil.rmtree(store, ignore_errors=True)
        shutil.copytree(tmp_path / "whole", store, ignore=shutil.ignore_patterns("*.sock", "ballast"))
        chosen = [p for p in files_of(store) if (p.parent.name == "map") == (engine == "map") and not p.name.endswith(".pem")]
        look_at(store, f"seed {seed}: " + damage(r.choice(chosen), r))
