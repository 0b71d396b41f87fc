"""`tern deliver`: what arrives, and the exit codes that mail transfer agents go by."""

import subprocess

import pytest
import tern


def deliver(store, *args, input=b"Subject: x\n\nhello\n"):
    done = subprocess.run([tern.TERN, "deliver", "--store", str(store), *args], input=input,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert b"Sanitizer" not in done.stderr and b"runtime error" not in done.stderr, done.stderr
    return done


def account(store, *args, input=b"x\n"):
    subprocess.run([tern.TERN, "account", *args, "--store", str(store)], input=input, check=True, timeout=60,
                   stdout=subprocess.DEVNULL)


def only_message(c, mailbox="INBOX"):
    c.ok(f"SELECT {mailbox}")
    found = c.fetch("1:*", "BODY.PEEK[]")
    assert len(found) == 1
    return bytes(found[1]["BODY[]"])


def test_a_message_is_there_at_once_with_crlf_and_return_path():
    with tern.Server() as server:
        assert deliver(server.store, "--sender", "s@example.com", "demo@example.org").returncode == 0
        with server.imap("demo") as c:
            assert only_message(c) == b"Return-Path: <s@example.com>\r\nSubject: x\r\n\r\nhello\r\n"


def test_the_from_line_of_an_mbox_is_left_out():
    with tern.Server() as server:
        text = b"From s@b Thu Jan  1 00:00:00 2026\nSubject: x\n\nFrom here\n"
        assert deliver(server.store, "demo", input=text).returncode == 0
        with server.imap("demo") as c:
            assert only_message(c) == b"Subject: x\r\n\r\nFrom here\r\n"


def test_a_detail_is_a_mailbox_where_the_account_wishes_it():
    with tern.Server() as server:
        assert deliver(server.store, "demo+Archive@example.org").returncode == 0
        with server.imap("demo") as c:
            only_message(c)
        account(server.store, "set", "demo", "--detail", "on")
        assert deliver(server.store, "demo+Archive@example.org").returncode == 0
        with server.imap("demo") as c:
            only_message(c, "Archive")


def test_exit_codes_on_a_stopped_store(tmp_path):
    store = tmp_path / "store"
    account(store, "add", "ann")
    account(store, "add", "gone")
    account(store, "disable", "gone")
    assert deliver(store, "ann").returncode == 0
    assert deliver(store, "nobody").returncode == 67
    assert deliver(store, "ann@elsewhere.example").returncode == 67
    assert deliver(store, "gone").returncode == 77
    assert deliver(store).returncode == 64
    assert deliver(store, "--sender", "<x>", "ann").returncode == 64
    assert deliver(tmp_path / "none", "ann").returncode == 75
    conf = tmp_path / "conf"
    conf.write_text("max_message = 2048;\n")
    assert deliver(store, "--config", str(conf), "ann", input=b"x" * 4000).returncode == 65
    assert deliver(store, "--config", str(conf), "ann", input=b"x" * 1000).returncode == 0
    conf.write_text("max_mesage = 2048;\n")
    done = deliver(store, "--config", str(conf), "ann")
    assert done.returncode == 75 and b"did you mean max_message" in done.stderr
    shown = subprocess.run([tern.TERN, "account", "show", "ann", "--store", str(store)], stdout=subprocess.PIPE,
                           timeout=60).stdout
    assert b"messages   2" in shown


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 3000000])
def test_every_size_arrives_whole(size):
    with tern.Server() as server:
        text = bytes(b"abcdefgh\r\n"[i % 10] for i in range(size))
        assert deliver(server.store, "demo", input=text).returncode == 0
        with server.imap("demo") as c:
            got = only_message(c)
            assert got == text or (text.endswith(b"\r") and got == text + b"\n")
