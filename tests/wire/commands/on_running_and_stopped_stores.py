"""The subcommands do the same to a store that a server has open and to one that nobody has."""
# suite: threads

import mailbox
import os
import signal
import subprocess
import time

import pytest
import tern


class Store:
    """A store and `tern` on it; running or stopped, as the test asks."""

    def __init__(self, running):
        self.server = tern.Serve()
        self.running = running
        self.server.start()
        if not running:
            self.server.stop()

    def tern(self, *args, input=b"", code=0):
        done = self.server.run(*args, "--store", str(self.server.store), input=input, check=False)
        assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
        assert b"Sanitizer" not in done.stderr and b"runtime error" not in done.stderr, done.stderr
        return (done.stdout + done.stderr).decode()

    def imap(self, user="ann", password="pw"):
        if self.server.process is None:
            self.server.start()
        return self.server.imap(user, password)

    def rest(self):
        """Back to how the test wants it, after an imap()."""
        if not self.running and self.server.process:
            self.server.stop()

    def close(self):
        self.server.stop()
        self.server.tmp.cleanup()


@pytest.fixture(params=[True, False], ids=["running", "stopped"])
def store(request):
    s = Store(request.param)
    yield s
    s.close()


def test_the_life_of_an_account(store):
    assert "Ann added" in store.tern("account", "add", "Ann", input=b"pw\n")
    store.tern("account", "add", "ANN", input=b"x\n", code=73)
    store.tern("account", "add", "a b", input=b"x\n", code=64)
    store.tern("account", "add", "bob", input=b"\n", code=64)
    assert "ann" in store.tern("account", "list") and "bob" not in store.tern("account", "list")
    store.tern("account", "show", "bob", code=67)
    with store.imap() as c:
        assert len(tern.responses(c.ok('LIST "" *'), "LIST")) == 6
    store.rest()
    store.tern("account", "passwd", "ann", input=b"new\n")
    with pytest.raises(AssertionError):
        store.imap()
    with store.imap(password="new"):
        pass
    store.rest()
    store.tern("account", "disable", "ann")
    with pytest.raises(AssertionError):
        store.imap(password="new")
    store.rest()
    store.tern("deliver", "ann", input=b"Subject: x\n\n", code=77)
    store.tern("account", "enable", "ann")
    with store.imap(password="new"):
        pass
    store.rest()
    assert "--yes" in store.tern("account", "delete", "ann", code=64)
    store.tern("account", "delete", "ann", "--yes")
    store.tern("account", "show", "ann", code=67)
    assert " 0 findings" in store.tern("check", "--deep")


def test_a_password_comes_from_a_file_or_standard_input_and_never_from_the_command_line(store, tmp_path):
    (tmp_path / "pw").write_bytes(b"from a file\nsecond line\n")
    store.tern("account", "add", "ann", "--password-file", str(tmp_path / "pw"))
    store.tern("account", "add", "bob", "--password-file", "-", input=b"dash\n")
    store.tern("account", "add", "carl", "--password", "x", input=b"x\n", code=74)  # as --password-file, and no such file
    store.tern("account", "add", "carl", "x", input=b"x\n", code=64)
    with store.imap("ann", '"from a file"'), store.imap("bob", "dash"):
        pass


def test_mailboxes(store):
    store.tern("account", "add", "ann", input=b"pw\n")
    store.tern("mailbox", "create", "ann", "Größe/Neu", "--use", "archive")
    store.tern("mailbox", "create", "ann", "Größe/Neu", code=73)
    store.tern("mailbox", "create", "ann", "x", "--use", "frob", code=64)
    store.tern("mailbox", "rename", "ann", "Größe", "Maß")
    store.tern("mailbox", "subscribe", "ann", "Maß/Neu")
    assert "Maß/Neu" in store.tern("mailbox", "list", "ann")
    with store.imap() as c:
        c.ok("CREATE mine")
        names = [r.items[3] for r in tern.responses(c.ok('LIST "" *'), "LIST")]
        assert b"Ma&AN8-/Neu" in names or "Ma&AN8-/Neu" in names, names
    store.rest()
    assert "mine" in store.tern("mailbox", "list", "ann")
    store.tern("mailbox", "delete", "ann", "Maß/Neu", "--yes")
    store.tern("mailbox", "delete", "ann", "Maß/Neu", "--yes", code=66)
    store.tern("mailbox", "delete", "ann", "INBOX", "--yes", code=77)


def test_deliver(store):
    store.tern("account", "add", "ann", "--detail", "on", input=b"pw\n")
    store.tern("mailbox", "create", "ann", "Lists")
    store.tern("deliver", "ann", input=b"Subject: one\n\nbare line ends\n")
    store.tern("deliver", "--sender", "a@b", "ann+Lists", input=b"Subject: two\r\n\r\n")
    store.tern("deliver", "nobody", input=b"Subject: x\n\n", code=67)
    store.tern("deliver", code=64)
    with store.imap() as c:
        c.ok("SELECT INBOX")
        assert bytes(c.fetch("1", "(BODY.PEEK[])")[1]["BODY[]"]) == b"Subject: one\r\n\r\nbare line ends\r\n"
        c.ok("SELECT Lists")
        assert bytes(c.fetch("1", "(BODY.PEEK[])")[1]["BODY[]"]).startswith(b"Return-Path: <a@b>\r\n")


def contents(c):
    """Everything of an account that must survive export and import."""
    out = {}
    subscribed = {str(r.items[3]) for r in tern.responses(c.ok('LIST (SUBSCRIBED) "" *'), "LIST")}
    for r in tern.responses(c.ok('LIST "" * RETURN (SPECIAL-USE)'), "LIST"):
        name = r.items[3]
        text = name.decode() if isinstance(name, bytes) else str(name)
        c.ok(b'EXAMINE "' + text.encode() + b'"')
        messages = sorted((bytes(m["BODY[]"]), m["INTERNALDATE"], sorted(f for f in m["FLAGS"] if f != "\\Recent"))
                          for m in c.fetch("UID FETCH 1:*", "(FLAGS INTERNALDATE BODY.PEEK[])").values())
        uses = sorted(str(a) for a in r.items[1] if "Child" not in str(a) and str(a) != "\\Subscribed")
        out[text] = (messages, uses, str(name) in subscribed)
    return out


@pytest.mark.parametrize("form", ["maildir", "mbox"])
def test_what_is_exported_is_imported_again_exactly(store, tmp_path, form):
    store.tern("account", "add", "ann", input=b"pw\n")
    store.tern("account", "add", "bob", input=b"pw\n")
    with store.imap() as c:
        c.ok('CREATE "Gr&APYA3w-e/sub.dir"')
        c.ok('SUBSCRIBE "Gr&APYA3w-e/sub.dir"')
        c.ok("CREATE empty")
        texts = [tern.message("plain"), b"From: x\r\n\r\nFrom here\r\n>From there\r\n>>From\r\n\r\n", b"no header at all", b"\r\n", tern.message("end", "no newline"),
                 "Subject: Grüße\r\n\r\nü\r\n".encode(), b"Subject: x\r\n\r\n" + b"y" * 100_000 + b"\r\n"]
        for i, text in enumerate(texts):
            c.append("INBOX" if i % 2 else '"Gr&APYA3w-e/sub.dir"', text, flags="(\\Seen $Label1 \\Flagged)" if i % 3 == 0 else "",
                     date=f'"0{i + 1}-Feb-1999 01:02:03 +0{i}00"')
        before = contents(c)
    store.rest()
    assert "7 messages" in store.tern("export", "--account", "ann", "--format", form, str(tmp_path / "out"))
    store.tern("export", "--account", "ann", str(tmp_path / "out"), code=74)
    assert "7 imported" in store.tern("import", "--account", "bob", str(tmp_path / "out"))
    with store.imap("bob") as c:
        after = contents(c)
    utc = lambda box: {n: ([(b, f) for b, _, f in m], u, s) for n, (m, u, s) in box.items()}
    assert utc(after) == utc(before)
    store.rest()
    assert "7 there already" in store.tern("import", "--account", "bob", str(tmp_path / "out"))
    assert " 0 findings" in store.tern("check", "--deep")


def big_maildir(path, n):
    box = mailbox.Maildir(path)
    for i in range(n):
        m = mailbox.MaildirMessage(tern.message(f"number {i}", "x" * (i % 900) + "\r\n").replace(b"\r\n", b"\n"))
        m.set_flags("S" if i % 2 else "")
        m.set_date(1_600_000_000 + i)
        box.add(m)
    box.add_folder("Sub").add(mailbox.MaildirMessage(b"Subject: sub\n\n"))


def settle(store):
    with store.imap() as c:
        before, since = None, time.monotonic()
        while time.monotonic() - since < 1.5:
            now = c.ok("STATUS INBOX (MESSAGES)")[0].items[2][1]
            if now != before:
                before, since = now, time.monotonic()
            time.sleep(0.05)


def test_an_import_that_was_killed_goes_on_where_it_was(store, tmp_path):
    n = 1500
    store.tern("account", "add", "ann", input=b"pw\n")
    big_maildir(tmp_path / "mail", n)
    command = [tern.TERN, "import", "--account", "ann", "--store", str(store.server.store), str(tmp_path / "mail")]
    for wait in (0.15, 0.4, 0.8):
        p = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(wait)
        p.kill()
        p.wait()
        if store.running:  # what the killed one had sent is still worked off
            settle(store)
    if store.running:  # and the server, too
        p = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.3)
        store.server.kill()
        out, err = p.communicate(timeout=60)
        assert p.returncode != 0 or b"%d messages found" % (n + 1) in out
        store.server.start()
    text = store.tern("import", "--account", "ann", str(tmp_path / "mail"))
    assert f"{n + 1} messages found" in text and " 0 failed" in text, text
    with store.imap() as c:
        c.ok("SELECT INBOX")
        got = c.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)] FLAGS INTERNALDATE)")
        subjects = sorted(int(bytes(next(v for k, v in m.items() if k.startswith("BODY["))).split()[2]) for m in got.values())
        assert subjects == list(range(n))
        assert sum("\\Seen" in m["FLAGS"] for m in got.values()) == n // 2
        assert int(c.ok("STATUS Sub (MESSAGES)")[0].items[2][1]) == 1
    store.rest()
    assert " 0 findings" in store.tern("check", "--deep")


def test_check_tells_a_damaged_body(store):
    store.tern("account", "add", "ann", input=b"pw\n")
    with store.imap() as c:
        for i in range(5):
            c.append("INBOX", tern.message(f"m{i}", "find me %d" % i + "z" * 5000 + "\r\n"))
    store.server.stop()
    hurt = 0
    for path in store.server.store.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            at = data.find(b"find me 3zzz")
            if at >= 0:
                with open(path, "r+b") as f:
                    f.seek(at + 100)
                    f.write(b"!")
                hurt += 1
    assert hurt == 1
    if store.running:
        store.server.start()
    assert " 0 findings" not in store.tern("check", "--deep", code=65)
    with store.imap() as c:
        c.ok("SELECT INBOX")
        assert len(c.fetch("1:3,5", "(BODY.PEEK[])")) == 4


def test_a_store_that_is_not_there_is_no_new_store(tmp_path):
    done = subprocess.run([tern.TERN, "account", "list", "--store", str(tmp_path / "nowhere")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode != 0 and b"nowhere" in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_secrets_are_not_in_what_anybody_can_see(tmp_path):
    """The running server's and the command's argv and environment, and the log."""
    with tern.Serve('log_level = "debug";\n') as s:
        p = subprocess.Popen([tern.TERN, "account", "add", "ann", "--store", str(s.store)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        time.sleep(0.3)
        seen = open(f"/proc/{p.pid}/cmdline", "rb").read() + open(f"/proc/{p.pid}/environ", "rb").read()
        p.communicate(b"quite-secret-word\n", timeout=60)
        assert p.returncode == 0
        with s.imap("ann", "quite-secret-word") as c:
            c.ok("NOOP")
        with s.imap() as c:
            c.no("LOGIN ann quite-secret-wrong")
            c.send("a AUTHENTICATE PLAIN AGFubgBxdWl0ZS1zZWNyZXQtd3Jvbmc=\r\n")
            assert c.until("a")[-1].items[0] == "NO"
        seen += open(f"/proc/{s.process.pid}/cmdline", "rb").read()
        s.stop()
        assert b"quite-secret" not in seen + s.log.read_bytes() and b"cXVpdGU" not in s.log.read_bytes()


def test_an_interrupted_command_leaves_the_server_as_it_was(store):
    if not store.running:
        pytest.skip("needs a server")
    store.tern("account", "add", "ann", input=b"pw\n")
    for sig in (signal.SIGINT, signal.SIGKILL):
        p = subprocess.Popen([tern.TERN, "deliver", "ann", "--store", str(store.server.store)], stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                             preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # a shell's & ignores it
        p.stdin.write(b"Subject: half\n\n" + b"x" * 100_000)
        p.stdin.flush()
        time.sleep(0.2)
        os.kill(p.pid, sig)
        p.wait(60)
        p.stdin.close()
    with store.imap() as c:
        assert int(c.ok("STATUS INBOX (MESSAGES)")[0].items[2][1]) == 0
