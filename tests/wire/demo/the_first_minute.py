"""`tern demo`: the first thing anybody does with Tern."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest
import tern


class Demo:
    """Started by hand, to see what it says and how it ends."""

    def __init__(self, tmp_path, *args, ports=None):
        self.ports = ports or tern.free_ports(3)
        self.ready = tmp_path / "ready"
        self.ready.unlink(missing_ok=True)
        cmd = [tern.TERN, "demo", "--ready-file", str(self.ready)]
        for option, port in zip(("--imap", "--imaps", "--lmtp"), self.ports):
            cmd += [option, f"127.0.0.1:{port}"]
        self.process = subprocess.Popen(cmd + list(args), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        end = time.monotonic() + 60
        while not self.ready.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                raise AssertionError(self.process.communicate())
            time.sleep(0.01)

    def end(self, sig=signal.SIGINT):
        self.process.send_signal(sig)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out.decode(), err.decode()

    def imap(self, user="demo", password="demo"):
        c = tern.Imap(self.ports[0])
        c.greeting()
        c.ok(f"LOGIN {user} {password}")
        return c


def count(c, mailbox="INBOX"):
    return int(c.ok(f"STATUS {mailbox} (MESSAGES)")[0].items[2][1])


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_how_to_connect_shows_samples_and_leaves_nothing_behind(tmp_path, sig):
    d = Demo(tmp_path)
    with d.imap() as c:
        n = count(c)
        assert n >= 20
        c.ok("SELECT INBOX")
        assert len(c.fetch("1:*", "(ENVELOPE BODYSTRUCTURE)")) == n
    code, out, err = d.end(sig)
    assert code == 0 and err == "", err
    for port in d.ports:
        assert f":{port}" in out
    assert "password demo" in out and f"{n} messages" in out
    line = re.search(r"^ *(curl .*)$", out, re.M).group(1)
    assert f"imaps://127.0.0.1:{d.ports[1]}/INBOX;MAILINDEX=1" in line
    store = re.search(r"Store: (\S+)", out).group(1)
    assert not pathlib.Path(store).exists()


def test_the_line_it_prints_works_as_it_stands(tmp_path):
    d = Demo(tmp_path)
    os.set_blocking(d.process.stdout.fileno(), False)
    time.sleep(0.2)
    text = d.process.stdout.read().decode()
    line = re.search(r"^ *(curl .*)$", text, re.M).group(1)
    done = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, timeout=30)
    assert done.returncode == 0 and b"\r\nSubject:" in b"\r\n" + done.stdout
    os.set_blocking(d.process.stdout.fileno(), True)
    assert d.end()[0] == 0


def test_a_second_start_on_the_same_directory_keeps_all_and_imports_nothing_again(tmp_path):
    d = Demo(tmp_path, "--dir", str(tmp_path / "store"))
    with d.imap() as c:
        n = count(c)
        c.ok("CREATE Mine")
        c.append("Mine", tern.message("kept"))
        c.ok("SELECT INBOX")
        validity = tern.code(c.ok("SELECT INBOX"), "UIDVALIDITY")
        c.ok("STORE 1 +FLAGS (\\Deleted)")
        c.ok("EXPUNGE")
    assert d.end()[0] == 0
    d = Demo(tmp_path, "--dir", str(tmp_path / "store"))
    with d.imap() as c:
        assert count(c) == n - 1 and count(c, "Mine") == 1
        assert tern.code(c.ok("SELECT INBOX"), "UIDVALIDITY") == validity
    assert d.end()[0] == 0


def test_own_users_own_mail_and_many_of_both(tmp_path):
    mail = tmp_path / "mail"
    mail.mkdir()
    for i in range(3):
        (mail / f"{i}.eml").write_bytes(tern.message(f"own {i}"))
    (tmp_path / "users").write_text("".join(f"u{i}:p:{i}\n" for i in range(2000)))
    begin = time.monotonic()
    d = Demo(tmp_path, "--user", "ann:secret", "--user", "bob:geheim", "--users-file", str(tmp_path / "users"), "--mail", str(mail))
    assert time.monotonic() - begin < 60
    with d.imap("ann", "secret") as c:
        assert count(c) == 3
    with d.imap("bob", "geheim") as c:
        assert count(c) == 0
    for i in (0, 999, 1999):
        with d.imap(f"u{i}", f"p:{i}") as c:
            assert count(c) == 0
    with pytest.raises(AssertionError):
        d.imap("u0", "p:1")
    assert d.end()[0] == 0


def test_mistakes_are_told_with_a_status_and_no_server(tmp_path):
    def fails(*args):
        done = subprocess.run([tern.TERN, "demo", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        return done.returncode, done.stderr.decode()

    (tmp_path / "users").write_text("ann:x\nnobody\n")
    free = [f"127.0.0.1:{p}" for p in tern.free_ports(3)]
    ports = ["--imap", free[0], "--imaps", free[1], "--lmtp", free[2]]
    for args, word in ((["--frob"], "frob"), (["extra"], "extra"), (["--imap", "nowhere:x"], "listen_imap"),
                       (ports + ["--user", "nopassword"], "NAME:PASSWORD"), (ports + ["--users-file", str(tmp_path / "users")], "users:2"),
                       (ports + ["--users-file", str(tmp_path / "missing")], "missing"), (ports + ["--mail", str(tmp_path / "missing")], "missing"),
                       (ports + ["--dir", "/proc/none"], "/proc/none")):
        code, err = fails(*args)
        assert code != 0 and word in err and "ERROR: " not in err, (args, code, err)
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    code, err = fails("--imap", f"127.0.0.1:{taken.getsockname()[1]}", *ports[2:])
    assert code != 0 and "in use" in err, err


def test_two_demos_cannot_have_one_store(tmp_path):
    d = Demo(tmp_path, "--dir", str(tmp_path / "store"))
    free = [f"127.0.0.1:{p}" for p in tern.free_ports(3)]
    done = subprocess.run([tern.TERN, "demo", "--dir", str(tmp_path / "store"), "--imap", free[0], "--imaps", free[1], "--lmtp", free[2]],
                          stderr=subprocess.PIPE, stdout=subprocess.PIPE, timeout=60)
    assert done.returncode != 0 and b"in use" in done.stderr
    assert d.end()[0] == 0
