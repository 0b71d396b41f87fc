"""Behaviours that clients suffer from when servers get them wrong, over the wire, each named by its number in
the collection they come from (row_N).  The in-process dialogues hold the many-session rows; here stand those that need real
bytes, real TLS or the real corpus."""
# time limit: 600 s

import base64
import re
import time
import zlib

import pytest
import tern

NASTY = [p for p in sorted((tern.CORPUS / "synthetic").rglob("*.eml"))] if tern.CORPUS.exists() else []


@pytest.fixture(scope="module")
def server():
    with tern.Server(users=["demo:demo", "other:other"]) as s:
        yield s


@pytest.fixture
def c(server):
    with server.imap("demo") as client:
        yield client


def fresh(c, name):
    c.cmd(f"DELETE {name}")
    c.ok(f"CREATE {name}")
    c.ok(f"SELECT {name}")
    return name


def check_body(b):
    """BODYSTRUCTURE by its grammar: types, sizes, encodings, dispositions."""
    if isinstance(b[0], list):
        parts = [x for x in b if isinstance(x, list)]
        n = next(i for i, x in enumerate(b) if not isinstance(x, list))
        for p in b[:n]:
            check_body(p)
        assert isinstance(b[n], bytes) and b[n], b
        assert n >= 1
        if len(b) > n + 1:
            check_params(b[n + 1])
            check_disposition(b[n + 2] if len(b) > n + 2 else None)
        return
    assert isinstance(b[0], bytes) and b[0] and isinstance(b[1], bytes) and b[1], b
    check_params(b[2])
    assert b[3] is None or isinstance(b[3], bytes)
    assert isinstance(b[5], bytes) and b[5], b
    assert re.fullmatch(r"\d+", b[6]), b
    rest = 7
    if b[0].upper() == b"TEXT":
        assert re.fullmatch(r"\d+", b[7]), b
        rest = 8
    elif b[0].upper() == b"MESSAGE" and (b[1].upper() == b"RFC822" or  # GLOBAL is a basic part in RFC 3501
                                         (b[1].upper() == b"GLOBAL" and len(b) > 7 and isinstance(b[7], list))):
        check_envelope(b[7])
        check_body(b[8])
        assert re.fullmatch(r"\d+", b[9]), b
        rest = 10
    if len(b) > rest + 1:
        check_disposition(b[rest + 1])


def check_params(p):
    assert p is None or (len(p) % 2 == 0 and p and all(isinstance(x, bytes) for x in p)), p


def check_disposition(d):
    assert d is None or (isinstance(d, list) and len(d) == 2 and isinstance(d[0], bytes)), d
    if d:
        check_params(d[1])


def check_envelope(e):
    assert len(e) == 10, e
    for field in e[2:8]:
        assert field is None or (field and all(isinstance(a, list) and len(a) == 4 for a in field)), e
    for field in e[:2] + e[8:]:
        assert field is None or isinstance(field, bytes), e


@pytest.mark.skipif(not NASTY, reason="no corpus")
def test_row_1_to_9_every_nasty_message_has_a_strict_structure_and_true_sizes(c):
    fresh(c, "nasty")
    kept = []
    for path in sorted(tern.CORPUS.rglob("*.eml")):
        if "spamassassin" in str(path) and zlib.crc32(path.name.encode()) % 10:
            continue
        data = path.read_bytes()
        if not data or len(data) > 3_000_000 or b"\0" in data:
            continue
        c.append("nasty", data)
        kept.append((path, data))
    for i, (path, data) in enumerate(kept, 1):
        got = c.fetch(str(i), "(RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT]"
                              " BODY.PEEK[1] BODY.PEEK[]<5.10> BODY.PEEK[]<99999999.5> BODY.PEEK[9.9.9])")[i]
        assert int(got["RFC822.SIZE"]) == len(data) == len(got["BODY[]"]), path
        assert got["BODY[]"] == data and got["BODY[HEADER]"] + got["BODY[TEXT]"] == data, path
        assert got["BODY[]<5>"] == data[5:15] and got["BODY[]<99999999>"] == b"", path
        assert got["BODY[9.9.9]"] is None, path
        check_envelope(got["ENVELOPE"])
        check_body(got["BODYSTRUCTURE"])
        check_body(got["BODY"])


@pytest.mark.skipif(not NASTY, reason="no corpus")
def test_row_7_with_rev2_enabled_texts_are_valid_utf_8(server):
    with server.imap("demo") as c:
        c.parser.utf8 = True
        c.ok("ENABLE IMAP4rev2")
        fresh(c, "utf8")
        for path in NASTY[:200]:
            data = path.read_bytes()
            if data and len(data) < 1_000_000 and b"\0" not in data:
                c.append("utf8", data)
        for got in c.fetch("1:*", "(ENVELOPE BODYSTRUCTURE)").values():
            check_envelope(got["ENVELOPE"])
            check_body(got["BODYSTRUCTURE"])


def test_row_10_continuations_are_plus_space_text(server):
    with tern.Imap(server.imaps_port, tls=True) as c:
        c.greeting()
        c.send("a AUTHENTICATE PLAIN\r\n")
        assert c.read().raw == b"+ \r\n"
        c.send(base64.b64encode(b"\0demo\0demo") + b"\r\n")
        assert c.until("a")[-1].items[0] == "OK"
        c.ok("SELECT INBOX")
        c.send("b IDLE\r\n")
        assert c.read().raw.startswith(b"+ ")
        c.send("DONE\r\n")
        assert c.until("b")[-1].items[0] == "OK"
    with tern.Imap(server.imaps_port, tls=True) as c:
        c.greeting()
        c.send("c LOGIN {4}\r\n")
        assert c.read().raw.startswith(b"+ ")
        c.send("demo {4}\r\n")
        assert c.read().raw.startswith(b"+ ")
        c.send("demo\r\n")
        assert c.until("c")[-1].items[0] == "OK"
        c.send("d LOGIN {4}\r\n")
        assert c.read().items[0] == "BAD"  # already logged in: nothing is waited for


def test_row_12_client_strings_are_never_echoed(c):
    for text in ('SELECT "x\\" ] OK injected"', "SELECT {12+}\r\na\r\n* BYE b!!", 'CREATE "bad\x01name"', "STATUS nowhere (X)",
                 "FROBNICATE * OK", "FETCH 1 (NOSUCH)", 'STORE 1 FLAGS (\\Nonsense")'):
        out = c.cmd(text)
        assert out[-1].items[0] in ("NO", "BAD"), out
        assert b"injected" not in out[-1].raw and b"b!!" not in out[-1].raw and b"FROB" not in out[-1].raw


def test_row_13_esearch_forms(c):
    fresh(c, "esearch")
    for i in range(5):
        c.append("esearch", tern.message(f"s{i}"))
    out = c.cmd("SEARCH RETURN () ALL")
    assert [str(x) for x in out[0].items[:1]] == ["ESEARCH"] and out[0].items[1] == ["TAG", out[-1].tag.encode()]
    assert out[0].items[2:] == ["ALL", "1:5"]
    out = c.ok("SEARCH RETURN (MIN MAX COUNT) SUBJECT nothing-like-this")
    assert out[0].items[2:] == ["COUNT", "0"], out
    out = c.ok("SEARCH RETURN (MIN MAX COUNT) 2:4")
    assert out[0].items[2:] == ["MIN", "2", "MAX", "4", "COUNT", "3"], out
    out = c.ok("SEARCH ALL")
    assert out[0].items == ["SEARCH", "1", "2", "3", "4", "5"]
    assert len(tern.responses(out, "SEARCH")) == 1
    out = c.ok("UID SEARCH RETURN (ALL) 1:3")
    assert out[0].items[2] == "UID"


def test_row_14_sets_of_all_kinds(c):
    fresh(c, "sets")
    for i in range(9):
        c.append("sets", tern.message(f"s{i}"))
    count = lambda text: sum(r.items[1] == "FETCH" for r in c.ok(text) if len(r.items) > 1)
    assert count("FETCH * FLAGS") == 1
    assert count("FETCH *:5 FLAGS") == 5 and count("FETCH 5:* FLAGS") == 5 and count("FETCH 9:1 FLAGS") == 9
    assert count("FETCH 1:3,2:4 FLAGS") == 4
    assert count("UID FETCH 9999:* FLAGS") == 1
    assert count("UID FETCH 500:600 FLAGS") == 0
    assert count("UID FETCH 4294967295 FLAGS") == 0
    c.bad("FETCH 10 FLAGS")
    c.bad("FETCH 0 FLAGS")
    c.bad("UID FETCH 4294967296 FLAGS")
    assert c.ok("SEARCH 2 UID 1:3")[0].items == ["SEARCH", "2"]


def test_row_15_charsets(c):
    fresh(c, "charset")
    c.append("charset", "Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?=\r\n\r\nSchöne Grüße\r\n".encode())
    c.append("charset", b"Subject: plain\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\nSch\xf6ne Gr\xfc\xdfe\r\n")
    key = "GRÜSSE".encode()
    assert c.ok(b"SEARCH CHARSET UTF-8 BODY {%d+}\r\n" % len(key) + key)[0].items == ["SEARCH", "1", "2"] or \
        c.ok(b"SEARCH CHARSET UTF-8 BODY {7+}\r\nGr\xc3\xbc\xc3\x9fe")[0].items == ["SEARCH", "1", "2"]
    assert c.ok(b"SEARCH CHARSET UTF-8 SUBJECT {3+}\r\nr\xc3\xbc")[0].items == ["SEARCH", "1"]
    assert c.ok("SEARCH CHARSET US-ASCII SUBJECT plain")[0].items == ["SEARCH", "2"]
    out = c.no("SEARCH CHARSET x-klingon SUBJECT plain")
    assert out[-1].items[1].startswith(b"BADCHARSET"), out


def test_row_16_pipelining_anywhere(c):
    fresh(c, "pipe")
    c.append("pipe", tern.message("p"))
    c.send("a IDLE\r\nDONE\r\nb NOOP\r\n\r\nc SEARCH ALL\r\nd IDLE\r\n")
    assert c.until("a")[-1].items[0] == "OK"
    assert c.until("b")[-1].items[0] == "OK"
    assert c.until("c")[-1].items[0] == "OK"
    assert c.read().tag == "+"
    c.send("DONE\r\ne STORE 1 +FLAGS (\\Deleted)\r\nf EXPUNGE\r\ng SEARCH ALL\r\n")
    assert c.until("d")[-1].items[0] == "OK"
    assert tern.responses(c.until("e"), "FETCH")
    assert tern.responses(c.until("f"), "EXPUNGE")
    assert c.until("g")[0].items == ["SEARCH"]


def test_row_17_a_change_reaches_an_idle_session_within_a_second(server, c):
    fresh(c, "push")
    with server.imap("demo") as other:
        other.ok("SELECT push")
        other.send("i IDLE\r\n")
        assert other.read().tag == "+"
        for text, name in (("append", "EXISTS"), ("STORE 1 +FLAGS (\\Flagged)", "FETCH"),
                           ("append", "EXISTS"), ("STORE 1 +FLAGS (\\Deleted)", "FETCH"), ("EXPUNGE", "EXPUNGE")):
            begin = time.monotonic()
            if text == "append":
                c.append("push", tern.message("pushed"))
            else:
                c.ok(text)
            while name not in other.read().items[:2]:
                pass
            assert time.monotonic() - begin < 1
        other.send("DONE\r\n")
        other.until("i")


def test_row_19_copyuid_pairs_and_move_tells_it_before_expunge(c):
    fresh(c, "from")
    c.cmd("DELETE to")
    c.ok("CREATE to")
    uids = [c.append("from", tern.message(f"m{i}"))[1] for i in range(4)]
    out = c.ok(f"UID MOVE {uids[3]},{uids[0]}:{uids[1]} to")
    at = next(i for i, r in enumerate(out) if r.items[0] == "OK" and (r.items[1] or b"").startswith(b"COPYUID"))
    assert out[at].tag == "*"
    assert [i for i, r in enumerate(out) if "EXPUNGE" in r.items[:2]][0] > at
    code = out[at].items[1].split()
    assert code[2].decode() == f"{uids[0]}:{uids[1]},{uids[3]}" and code[3] == b"1:3"
    c.ok(f"UID MOVE {uids[0]} to")
    c.ok(f"UID COPY {uids[0]} to")


def test_row_22_mailbox_names(c):
    c.ok("SELECT inbox")
    c.ok("SELECT InBoX")
    out = c.ok('LIST "" ""')
    assert out[0].items[2] == b"/", out
    for name in ("&2D3cuNg93Lg-", "&-", "a&-b", "&ZeVnLIqe-"):
        c.cmd(f'DELETE "{name}"')
        c.cmd(f'CREATE "{name}"')
    names = [r.items[3] for r in tern.responses(c.ok('LIST "" *'), "LIST")]
    text = [n.decode() if isinstance(n, bytes) else str(n) for n in names]
    assert "&-" in text and "a&-b" in text and "&ZeVnLIqe-" in text, text
    for bad in ('"&bad"', '"&AGE-"x', '"a//b"', '"&2D0-"', '"x\x7fy"', '"tab\ty"'):
        assert c.cmd(f"CREATE {bad}")[-1].items[0] in ("NO", "BAD"), bad
    c.no("CREATE INBOX")
    c.ok("CREATE INBOX/sub")
    c.ok("DELETE INBOX/sub")


def test_row_23_list_attributes(c):
    out = c.ok('LIST "" * RETURN (SPECIAL-USE SUBSCRIBED CHILDREN STATUS (MESSAGES UNSEEN))')
    uses = {}
    for r in tern.responses(out, "LIST"):
        for a in r.items[1]:
            uses.setdefault(str(a), r.items[3])
    assert {"\\Drafts", "\\Sent", "\\Trash", "\\Junk", "\\Archive", "\\Subscribed", "\\HasNoChildren"} <= set(uses), uses
    last = None
    for r in out:
        if "LIST" in r.items[:1]:
            last = r.items[3]
        if "STATUS" in r.items[:1]:
            assert r.items[1] == last and r.items[2]
    c.ok('LIST (SPECIAL-USE) "" *')
    c.ok('LIST (SUBSCRIBED RECURSIVEMATCH) "" * RETURN (CHILDREN)')


def test_row_24_literals_at_and_over_the_limit(server):
    with server.imap("demo") as c:
        c.send("a APPEND INBOX {100000001}\r\n")
        out = c.until("a")
        assert out[-1].items[0] == "NO" and b"TOOBIG" in (out[-1].items[1] or b""), out
        c.send("b APPEND nowhere {10}\r\n")
        out = c.until("b")
        assert out[-1].items[0] == "NO" and out[-1].items[1] == b"TRYCREATE"
        c.send(b"c APPEND nowhere {10+}\r\nc NOOP c!!\r\n")
        assert c.until("c")[-1].items[1] == b"TRYCREATE"
        c.send(b"d APPEND INBOX {3+}\r\na\0b\r\n")
        assert c.until("d")[-1].items[0] in ("NO", "BAD")
        c.ok(b"APPEND INBOX ~{3+}\r\na\0b")
        c.send(b"e APPEND INBOX {5+}\r\nhellonot the end\r\n")
        assert c.until("e")[-1].items[0] == "BAD"
        c.ok("NOOP")


def test_row_25_long_lines_and_large_numbers(c):
    fresh(c, "long")
    c.append("long", tern.message("x"))
    many = ",".join(str(n) for n in range(1, 20000, 2))[:60000].rstrip(",")
    c.ok(f"UID FETCH {many} FLAGS")
    out = c.cmd("UID FETCH " + "1," * 40000 + "1 FLAGS")
    assert out[-1].items[0] == "BAD"
    c.ok("NOOP")
    c.ok("ENABLE CONDSTORE")
    c.ok("FETCH 1 (FLAGS) (CHANGEDSINCE 9223372036854775807)")
    c.ok("FETCH 1 (FLAGS) (CHANGEDSINCE 0)")
    c.bad("FETCH 1 (FLAGS) (CHANGEDSINCE 9223372036854775808)")
    c.bad("FETCH 4294967296 FLAGS")
    c.ok("NOOP")
