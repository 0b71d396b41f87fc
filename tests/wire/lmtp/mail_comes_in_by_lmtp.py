"""LMTP (RFC 2033) as mail transfer agents speak it: whom, what, and that every octet is the one that was sent."""
# suite: threads

import re

import pytest
import tern

UTF8_USER = "jürgen"


@pytest.fixture(scope="module")
def server():
    with tern.Server(users=["ann:ann", "bob:bob", f"{UTF8_USER}:secret"]) as s:
        yield s


@pytest.fixture
def lmtp(server):
    with server.lmtp() as c:
        yield c


def messages(server, user="ann", mailbox="INBOX"):
    """The mailbox's messages; it is empty afterwards."""
    with server.imap(user) as c:
        c.ok(f"SELECT {mailbox}")
        got = c.fetch("UID FETCH 1:*", "(BINARY.PEEK[])")
        c.ok("UID STORE 1:* +FLAGS.SILENT (\\Deleted)")
        c.ok("EXPUNGE")
        return [bytes(m["BINARY[]"]) for m in got.values()]


def body(text):
    """What was sent: without the two fields of the delivery."""
    head = re.match(rb"Return-Path: <[^\r\n]*>\r\nReceived: [^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)+", text)
    assert head, text[:300]
    return text[head.end():]


def test_the_greeting_offers_what_is_done(lmtp):
    assert lmtp.code("HELO x") == 500 and lmtp.code("EHLO x") == 500
    assert lmtp.cmd("MAIL FROM:<a@b>")[:2] == (503, "5.5.1")
    code, _, lines = lmtp.cmd("LHLO client.example.org")
    assert code == 250
    assert {"PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "CHUNKING"} <= set(lines)
    assert any(re.fullmatch(r"SIZE \d+", x) for x in lines)
    assert lmtp.code("NOOP") == 250 and lmtp.code("RSET") == 250 and lmtp.code("VRFY ann") == 252
    assert lmtp.code("QUIT") == 221
    with pytest.raises(EOFError):
        lmtp.reply()


def test_every_reply_but_the_greetings_has_an_enhanced_code(lmtp):
    lmtp.code("LHLO x")
    for line in ("MAIL FROM:<a@b>", "RCPT TO:<ann>", "RCPT TO:<nobody>", "RCPT TO:", "FROB", "RSET", "NOOP", "DATA", "BDAT 0 LAST", "MAIL x"):
        code, enhanced, lines = lmtp.cmd(line)
        assert enhanced and enhanced[0] == str(code)[0], (line, lines)


def test_each_recipient_gets_an_answer_of_his_own_in_order(server, lmtp):
    assert lmtp.code("LHLO x") == 250 and lmtp.code("MAIL FROM:<>") == 250
    assert lmtp.code("RCPT TO:<ann@any.example>") == 250
    assert lmtp.cmd("RCPT TO:<nobody@any.example>")[:2] == (550, "5.1.1")
    assert lmtp.code("RCPT TO:<BOB@any.example>") == 250
    assert lmtp.data(b"Subject: both\r\n\r\nhello\r\n", 2) == [(250, "2.1.5"), (250, "2.1.5")]
    for user in ("ann", "bob"):
        got = messages(server, user)
        assert len(got) == 1 and body(got[0]) == b"Subject: both\r\n\r\nhello\r\n"
        assert got[0].startswith(b"Return-Path: <>\r\n")


def test_without_any_accepted_recipient_data_is_503(lmtp):
    lmtp.code("LHLO x")
    lmtp.code("MAIL FROM:<a@b>")
    assert lmtp.code("RCPT TO:<nobody>") == 550
    assert lmtp.cmd("DATA")[:2] == (503, "5.5.1")
    assert lmtp.code("NOOP") == 250


def test_a_whole_transaction_may_be_pipelined(server, lmtp):
    text = b"Subject: piped\r\n\r\n..leading dot\r\n"
    lmtp.send(b"LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<ann>\r\nRCPT TO:<nobody>\r\nDATA\r\n" + text + b".\r\nMAIL FROM:<c@d>\r\nRSET\r\nQUIT\r\n")
    assert [lmtp.reply()[0] for _ in range(9)] == [250, 250, 250, 550, 354, 250, 250, 250, 221]
    assert body(messages(server)[0]) == b"Subject: piped\r\n\r\n.leading dot\r\n"


def test_dots_are_undone_and_bare_line_feeds_smuggle_nothing(server, lmtp):
    for inner in (b"a\n.\nMAIL FROM:<evil>\nb", b"a\n.\r\nMAIL FROM:<evil>\r\nb", b"a\r.\r\nb", b"a\r\n.\rb", b"a\r\n.\nb", b"a\r\n. \r\nb", b"\r.\r", b"."):
        text = b"Subject: dots\r\n\r\n" + inner + b"\r\n"
        lmtp.begin("ann")
        assert lmtp.data(text) == [(250, "2.1.5")], inner
        assert lmtp.code("NOOP") == 250
        assert [body(m) for m in messages(server)] == [text], inner


def test_the_end_may_come_in_any_pieces(server, lmtp):
    text = b"Subject: pieces\r\n\r\n..\r\n.x\r\n"
    wire = text.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    for cut in (1, 2, 3, len(wire)):
        lmtp.begin("ann")
        assert lmtp.code("DATA") == 354
        for i in range(0, len(wire), cut):
            lmtp.send(wire[i:i + cut])
        assert lmtp.reply()[:2] == (250, "2.1.5")
        assert body(messages(server)[0]) == text


def test_chunks_carry_any_octet(server, lmtp):
    text = b"Subject: chunks\r\nContent-Transfer-Encoding: binary\r\n\r\n" + bytes(range(256)) * 300 + b"\r\n.\r\nno end"
    lmtp.begin("ann", "bob")
    third = len(text) // 3
    lmtp.send(b"BDAT %d\r\n" % third + text[:third] + b"BDAT %d\r\n" % third + text[third:2 * third] +
              b"BDAT %d LAST\r\n" % (len(text) - 2 * third) + text[2 * third:])
    assert [lmtp.reply()[0] for _ in range(4)] == [250] * 4
    assert body(messages(server)[0]) == text and body(messages(server, "bob")[0]) == text
    lmtp.begin("ann")
    lmtp.send(b"BDAT 13\r\nSubject: x\r\n\r" + b"BDAT 1\r\n\n" + b"BDAT 0 LAST\r\n")
    assert [lmtp.reply()[0] for _ in range(3)] == [250] * 3
    assert body(messages(server)[0]) == b"Subject: x\r\n\r\n"


@pytest.mark.parametrize("greeted", [False, True])
def test_octets_of_a_refused_chunk_are_never_commands(server, lmtp, greeted):
    if greeted:
        lmtp.code("LHLO x")
        lmtp.code("MAIL FROM:<a@b>")
    evil = b"LHLO y\r\nMAIL FROM:<evil>\r\nRCPT TO:<ann>\r\n"
    lmtp.send(b"BDAT %d\r\n" % len(evil) + evil + b"NOOP\r\n")
    assert lmtp.reply()[0] == 503 and lmtp.reply()[0] == 250
    assert messages(server) == []


def test_data_and_bdat_do_not_mix(lmtp):
    lmtp.begin("ann")
    lmtp.send(b"BDAT 4\r\nabcd")
    assert lmtp.reply()[0] == 250
    assert lmtp.code("DATA") == 503 and lmtp.code("RCPT TO:<bob>") == 503
    assert lmtp.code("RSET") == 250


def test_sizes_are_refused_before_and_after_the_bytes(server, lmtp):
    assert lmtp.code("LHLO x") == 250
    assert lmtp.cmd("MAIL FROM:<a@b> SIZE=100000001")[:2] == (552, "5.3.4")
    assert lmtp.code("MAIL FROM:<a@b> SIZE=x") == 501
    assert lmtp.code("MAIL FROM:<a@b> SIZE=1000 BODY=8BITMIME SMTPUTF8") == 250
    assert lmtp.code("RSET") == 250
    assert lmtp.code("MAIL FROM:<a@b> FROB=1") == 555
    assert lmtp.code("MAIL FROM:<a@b> BODY=9BIT") == 501
    lmtp.begin("ann")
    assert lmtp.code("DATA") == 354
    line = b"x" * 998 + b"\r\n"
    for _ in range(101):
        lmtp.send(line * 1000)
    lmtp.send(b".\r\n")
    assert lmtp.reply()[:2] == (552, "5.3.4")
    assert lmtp.code("NOOP") == 250 and messages(server) == []


def test_eight_bit_and_addresses_of_utf_8(server, lmtp):
    text = "Subject: Grüße\r\nFrom: Jürgen <jürgen@bücher.example>\r\n\r\nschöne Grüße\r\n".encode()
    lmtp.begin(f"{UTF8_USER}@bücher.example", sender="größe@bücher.example", params=" BODY=8BITMIME SMTPUTF8")
    assert lmtp.data(text) == [(250, "2.1.5")]
    with server.imap() as c:
        c.ok(b"LOGIN {7+}\r\n" + UTF8_USER.encode() + b" secret")
        c.parser.utf8 = True
        c.ok("ENABLE IMAP4rev2")
        c.ok("SELECT INBOX")
        got = bytes(c.fetch("1", "(BODY.PEEK[])")[1]["BODY[]"])
        assert body(got) == text and got.startswith("Return-Path: <größe@bücher.example>\r\n".encode())
    assert lmtp.code(b"MAIL FROM:<\xff@x>") == 501


def test_details_name_a_mailbox_where_the_account_wishes_it(server):
    server.run("account", "set", "bob", "--detail", "on", "--store", str(server.store))
    with server.imap("bob") as c:
        c.ok("CREATE Lists")
    with server.lmtp() as lmtp:
        lmtp.begin("bob+Lists@x.example", "bob+nowhere@x.example", "bob@x.example")
        assert lmtp.data(b"Subject: d\r\n\r\n", 3) == [(250, "2.1.5")] * 3
        assert len(messages(server, "bob", "Lists")) == 1
        assert len(messages(server, "bob")) == 1  # two addresses of one mailbox: one message
        lmtp.begin("ann+Lists@x.example")  # does not wish it
        assert lmtp.data(b"Subject: d\r\n\r\n") == [(250, "2.1.5")]
        assert len(messages(server, "ann")) == 1


def test_lines_that_never_end_end_the_connection_only(server, lmtp):
    lmtp.send(b"x" * 100_000)
    assert lmtp.reply()[:2] == (500, "5.5.2")
    with pytest.raises((EOFError, ConnectionError)):
        lmtp.reply()
    with server.lmtp() as c:
        assert c.code("LHLO x") == 250


def test_mail_pushed_to_an_idle_session_when_delivered(server, lmtp):
    with server.imap("ann") as c:
        c.ok("SELECT INBOX")
        c.send("i IDLE\r\n")
        assert c.read().tag == "+"
        lmtp.begin("ann")
        assert lmtp.data(b"Subject: push\r\n\r\n") == [(250, "2.1.5")]
        assert "EXISTS" in c.read().items
    messages(server)


def test_a_client_that_goes_in_the_middle_delivers_nothing(server):
    for text in (b"DATA\r\nSubject: half\r\n\r\nhalf a mess", b"DATA\r\nSubject: half\r\n\r\n.\r", b"BDAT 100 LAST\r\nSubject: half\r\n\r\n"):
        with server.lmtp() as c:
            c.begin("ann")
            c.send(text)
    with server.lmtp() as c:
        assert c.code("NOOP") == 250
    assert messages(server) == []
