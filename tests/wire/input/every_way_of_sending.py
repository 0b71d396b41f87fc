"""Input in every shape that networks and clients give it: cut anywhere, half a command, lines and messages of any size."""
# time limit: 300 s

import os
import random
import socket
import threading
import time

import pytest
import tern

TEXT = tern.message("cut anywhere", "body\r\n")
DIALOGUE = (b'a1 CAPABILITY\r\na2 LOGIN "demo" {4}\r\ndemo\r\na3 ENABLE QRESYNC\r\na4 CREATE cut\r\na5 APPEND cut (\\Seen) {%d+}\r\n' % len(TEXT) + TEXT +
            b'\r\na6 SELECT cut\r\na7 FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])\r\na8 STORE 1 +FLAGS.SILENT (\\Flagged)\r\n'
            b'a9 SEARCH RETURN (ALL) SUBJECT {3+}\r\ncut NOT DELETED\r\na10 IDLE\r\nDONE\r\na11 UID COPY 1:* INBOX\r\na12 LIST "" % RETURN (STATUS (MESSAGES))\r\n'
            b'a13 STATUS INBOX (MESSAGES)\r\na14 CLOSE\r\na15 DELETE cut\r\na16 LOGOUT\r\n')


@pytest.fixture(scope="module")
def server():
    with tern.Server() as s:
        yield s


def raw(server, timeout=30):
    s = socket.create_connection(("127.0.0.1", server.imap_port), timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    assert s.recv(200).startswith(b"* OK")
    return s


def everything(s):
    out = bytearray()
    while True:
        try:
            piece = s.recv(1 << 16)
        except ConnectionResetError:
            return bytes(out)
        if not piece:
            return bytes(out)
        out += piece


def tags(out):
    return [line.split(b" ")[0] + b" " + line.split(b" ")[1] for line in out.split(b"\r\n") if line[:1] == b"a" and b" " in line]


def test_a_client_may_go_at_every_byte_of_a_dialogue(server):
    with server.imap("demo") as bystander:
        for cut in range(len(DIALOGUE)):
            s = raw(server)
            s.sendall(DIALOGUE[:cut])
            if cut % 3 == 0:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
            s.close()
        bystander.ok("NOOP")
        bystander.cmd("DELETE cut")
        bystander.ok("STATUS INBOX (MESSAGES)")


def test_the_answer_is_the_same_in_whatever_pieces_the_dialogue_comes(server):
    with server.imap("demo") as c:
        c.cmd("DELETE cut")
    answers = set()
    r = random.Random(int(os.environ.get("TERN_SEED", "1")))
    for pieces in ([len(DIALOGUE)], [1] * len(DIALOGUE), None, None, None):
        s = raw(server)
        at = 0
        while at < len(DIALOGUE):
            n = pieces[0] if pieces and len(pieces) == 1 else 1 if pieces else r.randrange(1, 60)
            s.sendall(DIALOGUE[at:at + n])
            at += n
        out = everything(s)
        s.close()
        got = tags(out)
        assert got == [b"a%d OK" % i for i in range(1, 17)], out
        answers.add(len(got))
    assert answers == {16}


def test_the_end_of_input_after_whole_commands_still_gets_their_answers(server):
    s = raw(server)
    s.sendall(b"a1 LOGIN demo demo\r\na2 LIST \"\" *\r\na3 NOOP\r\na4 FETCH")
    s.shutdown(socket.SHUT_WR)
    assert tags(everything(s))[:3] == [b"a1 OK", b"a2 OK", b"a3 OK"]


def test_lines_up_to_64_kb_and_more_are_commands(server):
    with server.imap("demo") as c:
        c.cmd("DELETE wide")
        c.ok("CREATE wide")
        c.append("wide", TEXT)
        c.ok("SELECT wide")
        for n in (1_000, 8_191, 8_192, 32_768, 65_000):
            words = " ".join(["OR SEEN UNSEEN"] * (n // 20))
            assert c.cmd(f"SEARCH {words[:n].rsplit(' OR', 1)[0]}")[-1].items[0] in ("OK", "NO", "BAD")
            uids = ",".join(map(str, range(1, 99999, 2)))[:n].rsplit(",", 1)[0]
            assert len(c.ok(f"UID FETCH {uids} FLAGS")) == 2
        for n in (70_000, 300_000):
            assert c.cmd("NOOP " + "x" * n)[-1].items[0] == "BAD"
            c.ok("NOOP")


def test_literals_may_stand_wherever_a_string_may(server):
    with server.imap() as c:
        for text in (b"LOGIN {4+}\r\ndemo {4+}\r\ndemo", b"CREATE {3+}\r\nlit", b"STATUS {3+}\r\nlit (MESSAGES)", b"LIST {0+}\r\n {1+}\r\n*", b"SUBSCRIBE {3+}\r\nlit",
                     b"SELECT {3+}\r\nlit", b"SEARCH SUBJECT {2+}\r\nhi FROM {1+}\r\nx", b"UNSUBSCRIBE {3+}\r\nlit", b"RENAME {3+}\r\nlit {4+}\r\nlit2", b"DELETE {4+}\r\nlit2"):
            assert c.cmd(text)[-1].items[0] == "OK", text
    with server.imap() as c:  # and waiting for each continuation
        c.send("a LOGIN {4}\r\n")
        assert c.read().tag == "+"
        c.send("demo {4}\r\n")
        assert c.read().tag == "+"
        c.send("demo\r\n")
        assert c.until("a")[-1].items[0] == "OK"


def test_a_hundred_megabytes_go_in_and_out_exactly_and_cost_little_memory(server):
    size = 100_000_000
    line = b"0123456789abcdef" * 4 + b"012345\r\n"
    head = b"Subject: big\r\nContent-Type: application/octet-stream\r\n\r\n"
    text = (head + line * (size // len(line) + 1))[:size]
    with server.imap("demo") as c:
        c.sock.settimeout(120)
        c.cmd("DELETE big")
        c.ok("CREATE big")
        before = server.rss_kb()
        peak = before
        c.send(b"a APPEND big {%d+}\r\n" % size)
        for at in range(0, size, 1 << 20):
            c.sock.sendall(text[at:at + (1 << 20)])
            if at % (16 << 20) == 0:
                peak = max(peak, server.rss_kb())
        c.send(b"\r\n")
        assert c.until("a")[-1].items[0] == "OK"
        peak = max(peak, server.rss_kb())
        c.ok("SELECT big")
        got = c.fetch("1", "(RFC822.SIZE BODYSTRUCTURE BODY.PEEK[])")[1]
        assert int(got["RFC822.SIZE"]) == size and got["BODY[]"] == text
        peak = max(peak, server.rss_kb())
        for at, n in ((0, 100), (size // 2, 1 << 20), (size - 10, 100)):
            assert c.fetch("1", f"(BODY.PEEK[]<{at}.{n}>)")[1][f"BODY[]<{at}>"] == text[at:at + n]
        assert peak - before < 60_000, f"{before} kB grew to {peak} kB"
        c.ok("CLOSE")
        c.ok("DELETE big")


def test_an_upload_that_stops_in_the_middle_keeps_nothing(server):
    for _ in range(5):
        s = raw(server)
        s.sendall(b"a LOGIN demo demo\r\nb APPEND INBOX {50000000+}\r\n" + b"x" * 5_000_000)
        s.close()
    time.sleep(0.5)
    with server.imap("demo") as c:
        c.ok("SELECT INBOX")
        sizes = [int(m["RFC822.SIZE"]) for m in c.fetch("UID FETCH 1:*", "(RFC822.SIZE)").values()]
        assert all(n < 1000 for n in sizes)


def test_thousands_of_pipelined_commands_are_answered_in_order(server):
    with server.imap("demo") as c:
        c.ok("SELECT INBOX")
        n = 5000

        def pour():
            c.send(b"".join(b"p%d NOOP\r\n" % i if i % 2 else b"p%d STATUS INBOX (MESSAGES)\r\n" % i for i in range(n)))
        t = threading.Thread(target=pour)
        t.start()
        got = []
        while len(got) < n:
            r = c.read()
            if r.tag != "*":
                assert r.items[0] == "OK"
                got.append(r.tag)
        t.join()
        assert got == [f"p{i}" for i in range(n)]
