"""A full disk: mail is refused with a reason, everything else goes on; with room again it is as if nothing had been."""
# time limit: 300 s
# runs alone

import os
import subprocess
import time

import pytest
import tern


SIZE = 4 << 30


def mount(disk, options, more=()):
    return subprocess.run(["mount", *more, "-o", options, "tern-test", str(disk)], stderr=subprocess.DEVNULL).returncode == 0


@pytest.fixture
def disk(tmp_path):
    """A file system whose size the test changes; it takes only the memory that its files need."""
    path = tmp_path / "disk"
    path.mkdir()
    if os.geteuid() != 0 or not mount(path, f"size={SIZE}", ("-t", "tmpfs")):
        pytest.skip("a file system cannot be mounted here")
    yield path
    subprocess.run(["umount", str(path)], check=True)


def fill(disk, leave):
    """Until only `leave` bytes are free."""
    v = os.statvfs(disk)
    assert mount(disk, f"remount,size={(v.f_blocks - v.f_bavail) * v.f_frsize + leave}")
    time.sleep(1.5)  # the server asks about room once a second at most


def make_room(disk):
    assert mount(disk, f"remount,size={SIZE}")
    time.sleep(1.5)


def refused(out):
    assert out[-1].items[0] == "NO" and len(out[-1].items[2]) > 10, out
    assert out[-1].items[1] in (b"UNAVAILABLE", b"OVERQUOTA", b"LIMIT"), out


@pytest.mark.parametrize("leave", [30 << 20, 200_000, 0], ids=["little", "nearly nothing", "nothing"])
def test_mail_is_refused_and_the_rest_goes_on(disk, leave):
    with tern.Server(store=disk / "store") as s:
        with s.imap("demo") as c:
            c.ok("CREATE other")
            for i in range(200):
                c.append("INBOX", tern.message(f"m{i}", "x" * 500 + "\r\n"))
            c.ok("SELECT INBOX")
            fill(disk, leave)
            refused(c.cmd(b"APPEND INBOX {20+}\r\n" + b"Subject: new\r\n\r\nab\r\n"))
            refused(c.cmd(b"APPEND INBOX {20000000+}\r\n" + b"x" * 20_000_000))
            c.send("w APPEND INBOX {1000}\r\n")  # told before the bytes are sent
            refused(c.until("w"))
            with s.lmtp() as lmtp:
                lmtp.code("LHLO x")
                lmtp.code("MAIL FROM:<a@b>")
                assert lmtp.code("RCPT TO:<demo>") == 250
                assert lmtp.cmd("DATA")[:2] == (452, "4.3.1")
                assert lmtp.cmd("MAIL FROM:<a@b> SIZE=1000")[:2] == (452, "4.3.1")
            with s.imap("demo") as other:  # logging in and reading
                other.ok("SELECT INBOX")
                assert len(other.fetch("1:*", "(FLAGS BODY.PEEK[])")) == 200
                other.ok("SEARCH BODY xxxx")
            for i in range(1, 101):
                c.ok(f"STORE {i} +FLAGS (\\Deleted)")
            c.ok("EXPUNGE")
            c.ok("STORE 1:* +FLAGS (\\Seen $New)")
            c.ok("CREATE in-need")
            c.ok("DELETE other")
            assert len(c.fetch("1:*", "(FLAGS)")) == 100
            make_room(disk)
            _, uid = c.append("INBOX", tern.message("room again"))
            assert uid == 201
            with s.lmtp() as lmtp:
                lmtp.begin("demo")
                assert lmtp.data(b"Subject: room\r\n\r\n") == [(250, "2.1.5")]
        s.run("check", "--store", str(s.store), "--deep")
        s.stop()
        s.start()
        with s.imap("demo") as c:
            c.ok("SELECT INBOX")
            got = c.fetch("1:*", "(UID FLAGS)")
            assert sorted(int(m["UID"]) for m in got.values()) == list(range(101, 203))
            assert sum("$New" in m["FLAGS"] for m in got.values()) == 100
        s.run("check", "--store", str(s.store), "--deep")


def test_a_server_starts_on_a_full_disk_and_lets_mail_be_deleted(disk):
    s = tern.Server(store=disk / "store")
    try:
        s.start()
        with s.imap("demo") as c:
            for i in range(50):
                c.append("INBOX", tern.message(f"m{i}"))
        s.kill()
        fill(disk, 0)
        s.start()
        with s.imap("demo") as c:
            c.ok("SELECT INBOX")
            refused(c.cmd(b"APPEND INBOX {20+}\r\n" + b"Subject: new\r\n\r\nab\r\n"))
            assert len(c.fetch("1:*", "(BODY.PEEK[])")) == 50
            c.ok("STORE 1:10 +FLAGS (\\Deleted)")
            c.ok("EXPUNGE")
        s.kill()
        s.start()
        with s.imap("demo") as c:
            assert int(c.ok("STATUS INBOX (MESSAGES)")[0].items[2][1]) == 40
        make_room(disk)
        with s.imap("demo") as c:
            c.append("INBOX", tern.message("room again"))
        s.run("check", "--store", str(s.store), "--deep")
    finally:
        s.stop(check=False)
        s.tmp.cleanup()
