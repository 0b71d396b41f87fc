"""The scripts of real clients, as far as their commands exist here, and what is worth a test besides the numbered rows."""

import re
import threading
import time

import pytest
import tern


@pytest.fixture(scope="module")
def server():
    with tern.Server(mail=tern.ROOT / "samples") as s:
        yield s


@pytest.fixture
def c(server):
    with server.imap("demo") as client:
        yield client


def fresh(c, name, n=0):
    c.cmd(f"DELETE {name}")
    c.ok(f"CREATE {name}")
    for i in range(n):
        c.append(name, tern.message(f"{name} {i}"))
    return c.ok(f"SELECT {name}")


def test_row_11_every_kind_of_reply_has_text_for_people(c):
    """The parser of these tests refuses a status response without text; here is one of each kind."""
    fresh(c, "text", 1)
    for line in ("NOOP", "ENABLE CONDSTORE", "FETCH 1 FLAGS (CHANGEDSINCE 1)", "STORE 1 (UNCHANGEDSINCE 1) +FLAGS (a)", "COPY 1 text", "COPY 1 nowhere", "FETCH 9 FLAGS",
                 "SELECT nowhere", "FROB", "SEARCH CHARSET x ALL", "UID FETCH 99 FLAGS", "EXPUNGE", "STATUS nowhere (MESSAGES)", "CREATE text", "UNSELECT", "CLOSE"):
        c.cmd(line)
    c.cmd("LOGOUT")


def test_row_18_a_message_that_others_expunge_is_never_another_one(server, c):
    fresh(c, "gone", 5)
    with server.imap("demo") as other:
        other.ok("SELECT gone")
        c.ok("STORE 2 +FLAGS.SILENT (\\Deleted)")
        c.ok("EXPUNGE")
        out = other.cmd("FETCH 1:5 (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        assert not tern.responses(out, "EXPUNGE")
        for r in tern.responses(out, "FETCH"):
            seq, uid, text = int(r.items[0]), int(r.items[2][1]), bytes(r.items[2][3])
            assert uid == seq and f"gone {seq - 1}".encode() in text
        out = other.cmd("STORE 2 +FLAGS (\\Flagged)")
        assert not tern.responses(out, "EXPUNGE") and out[-1].items[1] == b"EXPUNGEISSUED"
        assert len(tern.responses(other.ok("NOOP"), "EXPUNGE")) == 1
        assert "\\Flagged" not in other.fetch("2", "(FLAGS)")[2]["FLAGS"]


def test_row_20_enable_and_coming_back(server, c):
    fresh(c, "back", 6)
    c.bad("SELECT back (QRESYNC (1 1))")  # not enabled
    out = c.ok("ENABLE QRESYNC NO-SUCH-THING")
    assert out[0].items == ["ENABLED", "QRESYNC"] or out[0].items == ["ENABLED", "CONDSTORE", "QRESYNC"]
    out = c.ok("SELECT back")
    validity, modseq = tern.code(out, "UIDVALIDITY")[0], tern.code(out, "HIGHESTMODSEQ")[0]
    c.ok("UID STORE 2,4 +FLAGS.SILENT (\\Deleted)")
    c.ok("UID EXPUNGE 2,4")
    c.ok("UID STORE 5 +FLAGS (\\Seen)")
    long = ",".join(map(str, range(1, 24000, 2)))[:64000].rsplit(",", 1)[0]
    for known, gone in (("", [2, 4]), (" 1:3", [2]), (" " + long, []), (" 1:6 (1,4 1,4)", [2, 4]), (" 5:6", [])):
        with server.imap("demo") as d:
            d.ok("ENABLE QRESYNC")
            out = d.ok(f"SELECT back (QRESYNC ({validity} {modseq}{known}))")
            vanished = [u for r in out if r.items[0] == "VANISHED" for u in expand(str(r.items[2]))]
            assert set(vanished) & {1, 2, 3, 4, 5, 6} == set(gone) and all(r.items[1] == ["EARLIER"] for r in out if r.items[0] == "VANISHED"), (known, out)
            if known in ("", " " + long, " 5:6"):
                assert any("UID" in r.items[2] and "5" in map(str, r.items[2]) for r in tern.responses(out, "FETCH")), out


def expand(text):
    out = []
    for part in text.split(","):
        lo, _, hi = part.partition(":")
        out += range(int(lo), int(hi or lo) + 1)
    return out


def test_row_21_highestmodseq_comes_with_every_change(c):
    fresh(c, "modseq", 2)
    c.ok("ENABLE CONDSTORE")
    last = int(tern.code(c.ok("SELECT modseq"), "HIGHESTMODSEQ")[0])
    assert last >= 1
    for line in ("STORE 1 +FLAGS (\\Seen)", "UID STORE 2 +FLAGS.SILENT (\\Deleted)", "EXPUNGE", b"APPEND modseq {3+}\r\nabc"):
        now = int(tern.code(c.ok(line), "HIGHESTMODSEQ")[0])
        assert now > last, line
        last = now
    assert len(c.ok("FETCH 1:* (FLAGS) (CHANGEDSINCE 0)")) == 3


def test_apple_mail_pipelines_behind_idle_and_asks_since_zero(c):
    fresh(c, "apple", 3)
    c.ok("ENABLE CONDSTORE")
    c.send("a IDLE\r\n")
    assert c.read().tag == "+"
    c.send("DONE\r\n\r\nb UID FETCH 1:* (FLAGS) (CHANGEDSINCE 0)\r\nc STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)\r\nd IDLE\r\n")
    assert c.until("a")[-1].items[0] == "OK"
    assert len(tern.responses(c.until("b"), "FETCH")) == 3
    assert len(tern.responses(c.until("c"), "STATUS")) == 1
    assert c.read().tag == "+"
    c.send("DONE\r\n")
    assert c.until("d")[-1].items[0] == "OK"


def test_thunderbird_opens_five_and_sees_what_the_others_do(server):
    five = [server.imap("demo", tls=i % 2 == 0) for i in range(5)]
    try:
        fresh(five[0], "birds", 2)
        for c in five[1:]:
            c.ok("SELECT birds")
            c.ok("UID FETCH 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To)])")
        five[4].send("i IDLE\r\n")
        assert five[4].read().tag == "+"
        five[1].ok("UID STORE 1 +FLAGS (\\Answered)")
        assert "\\Answered" in five[4].read().items[2][1]
        five[4].send("DONE\r\n")
        five[4].until("i")
        assert any("FETCH" in r.items for r in five[2].ok("NOOP")[:-1])
    finally:
        for c in five:
            c.close()


def test_horde_counts_what_is_unseen(c):
    fresh(c, "horde", 4)
    c.ok("STORE 2 +FLAGS (\\Seen)")
    out = c.ok("SEARCH RETURN (MIN COUNT) UNSEEN")
    assert out[0].items[2:] == ["MIN", "1", "COUNT", "3"]


def test_outlook_asks_lsub_and_gets_the_uses_of_list(c):
    names = {str(r.items[3]): r.items[1] for r in tern.responses(c.ok('LSUB "" *'), "LSUB")}
    assert "INBOX" in names
    assert tern.responses(c.ok('LIST "" "" '.strip()), "LIST")[0].items[2] == b"/"


def test_imapsync_appends_by_the_hundred_and_every_uid_is_new(server):
    threads, uids = [], []
    with server.imap("demo") as c:
        fresh(c, "sync")

    def work(n):
        with server.imap("demo") as x:
            for i in range(25):
                uids.append(x.append("sync", tern.message(f"{n} {i}"), flags="(\\Seen)", date='"01-Jan-2001 00:00:00 +0000"')[1])
    for n in range(10):
        threads.append(threading.Thread(target=work, args=(n,)))
        threads[-1].start()
    for t in threads:
        t.join()
    assert sorted(uids) == list(range(1, 251))


def test_more_star_only_in_permanentflags(c):
    out = fresh(c, "star", 1)
    flags = next(r for r in out if r.items[0] == "FLAGS").items[1]
    assert "\\*" not in flags
    assert any(r.items[0] == "OK" and (r.items[1] or b"").startswith(b"PERMANENTFLAGS") and b"\\*" in r.items[1] for r in out)


def test_more_flags_in_any_case_are_one_flag(c):
    fresh(c, "case", 1)
    c.ok("STORE 1 +FLAGS (\\SEEN \\fLaGgEd $Label WORK)")
    assert set(c.fetch("1", "(FLAGS)")[1]["FLAGS"]) >= {"\\Seen", "\\Flagged"}
    c.ok("STORE 1 -FLAGS (\\seen $LABEL work)")
    flags = set(c.fetch("1", "(FLAGS)")[1]["FLAGS"])
    assert "\\Seen" not in flags and not {"$Label", "WORK"} & flags
    assert c.ok("SEARCH KEYWORD $label")[0].items == ["SEARCH"]


def test_more_keywords_have_clear_limits(c):
    fresh(c, "limits", 1)
    assert c.cmd("STORE 1 +FLAGS (" + "k" * 10_000 + ")")[-1].items[0] in ("NO", "BAD")
    out = [c.cmd("STORE 1 +FLAGS (" + " ".join(f"w{i}x{j}" for j in range(60)) + ")")[-1] for i in range(10)]
    assert out[0].items[0] == "OK" and out[-1].items[:2] == ["NO", b"LIMIT"]
    assert len(c.fetch("1", "(FLAGS)")[1]["FLAGS"]) % 60 in (0, 1)


def test_more_internaldates_are_valid_whatever_comes_and_stay(c):
    fresh(c, "dates")
    for bad in ('"00-Jan-2000 00:00:00 +0000"', '"31-Feb-2000 00:00:00 +0000"', '"01-Foo-2000 00:00:00 +0000"', '"01-Jan-2000 25:00:00 +0000"', '"x"'):
        assert c.cmd(f"APPEND dates {bad} {{3+}}\r\nabc")[-1].items[0] in ("BAD", "NO"), bad
    given = ['"01-Jan-1970 00:00:00 +0000"', '" 5-Dec-1999 23:59:59 -1130"', '"29-Feb-2024 12:00:00 +1400"', '"01-Jan-2999 00:00:00 +0000"']
    for date in given:
        c.append("dates", b"Date: Fri, 00 Foo 0000 99:99:99 +9999\r\n\r\n", date=date)
    c.append("dates", b"Date: nonsense\r\n\r\n")
    c.ok("COPY 1:* dates")
    got = c.fetch("1:*", "(INTERNALDATE)")
    dates = [got[i]["INTERNALDATE"].decode() for i in sorted(got)]
    assert all(re.fullmatch(r"[ 0123]\d-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d{4} \d\d:\d\d:\d\d [+-]\d{4}", d) for d in dates), dates
    assert [d.lstrip(" 0") for d in dates[:4]] == [d.strip('"').lstrip(" 0") for d in given]
    assert dates[5:] == dates[:5]


def test_more_binary_of_nothing_and_of_what_cannot_be_decoded(c):
    fresh(c, "binary")
    c.append("binary", b"Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n")
    c.append("binary", b"Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\naGVs\r\nbG8A/w==\r\n")
    c.append("binary", b"Content-Type: application/x\r\nContent-Transfer-Encoding: x-unknown\r\n\r\nabc\r\n")
    got = c.fetch("1:2", "(BINARY.PEEK[1] BINARY.SIZE[1] BINARY.PEEK[1]<1.3>)")
    assert got[1]["BINARY[1]"] == b"" and int(got[1]["BINARY.SIZE[1]"]) == 0
    assert got[2]["BINARY[1]"] == b"hello\0\xff" and int(got[2]["BINARY.SIZE[1]"]) == 7 and got[2]["BINARY[1]<1>"] == b"ell"
    out = c.no("FETCH 3 BINARY[1]")
    assert out[-1].items[1] == b"UNKNOWN-CTE"


def test_more_idle_without_a_mailbox_and_status_of_nothing(c):
    c.send("a IDLE\r\n")
    assert c.read().tag == "+"
    c.send("DONE\r\n")
    assert c.until("a")[-1].items[0] == "OK"
    c.bad("STATUS INBOX ()")
    c.bad('LIST "" % RETURN (STATUS ())')


def test_more_one_bye_and_then_the_end(c):
    c.send("a LOGOUT\r\n")
    out = c.until("a")
    assert [r.items[0] for r in out] == ["BYE", "OK"]
    begin = time.monotonic()
    with pytest.raises((EOFError, ConnectionError)):
        c.read()
    assert time.monotonic() - begin < 2
