"""Python's imaplib over the whole corpus: what goes in comes out, byte for byte, and has the size that was told."""
# time limit: 600 s

import imaplib
import re
import socket
import ssl

import pytest
import tern


def messages():
    for path in sorted(tern.CORPUS.rglob("*.eml")):
        yield path, path.read_bytes()


def login(server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    c = imaplib.IMAP4_SSL("127.0.0.1", server.imaps_port, ssl_context=context)
    c.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # it writes a literal and its line end apart
    c.login("demo", "demo")
    return c


@pytest.mark.skipif(not tern.CORPUS.exists(), reason="no corpus beside the project")
def test_every_message_of_the_corpus_comes_back_as_it_was_sent():
    sent = {}
    with tern.Server() as s:
        c = login(s)
        for path, data in messages():
            # A plain literal may not hold NUL (RFC 9051, 4.3); such files are in the BINARY test.  imaplib itself turns
            # line ends into CRLF, so what it sends is what we compare with.
            crlf = re.sub(rb"\r\n|\r|\n", b"\r\n", data)
            if b"\0" in crlf or not crlf:
                continue
            status, answer = c.append("INBOX", None, None, data)
            assert status == "OK", (path, answer)
            uid = int(re.search(rb"APPENDUID \d+ (\d+)", answer[0]).group(1))
            sent[uid] = (path, crlf)
        assert len(sent) > 3000
        c.select("INBOX")
        uids = sorted(sent)
        for i in range(0, len(uids), 200):
            part = uids[i:i + 200]
            status, answer = c.uid("FETCH", f"{part[0]}:{part[-1]}", "(RFC822.SIZE BODY.PEEK[])")
            assert status == "OK"
            got = 0
            for item in answer:
                if not isinstance(item, tuple):
                    continue
                uid = int(re.search(rb"UID (\d+)", item[0]).group(1))
                size = int(re.search(rb"RFC822.SIZE (\d+)", item[0]).group(1))
                path, data = sent[uid]
                assert item[1] == data and size == len(data), path
                got += 1
            assert got == len(part)
        c.logout()


@pytest.mark.skipif(not tern.CORPUS.exists(), reason="no corpus beside the project")
def test_raw_octets_of_the_corpus_are_kept_in_a_literal8():
    with tern.Server() as s, s.imap("demo") as c:
        for path, data in messages():
            if not data or len(data) > 5_000_000:
                continue
            _, uid = c.append("INBOX", data, binary=True)
            assert uid > 0, path
        c.ok("SELECT INBOX")
        i = 0
        for path, data in messages():
            if not data or len(data) > 5_000_000:
                continue
            i += 1
            # BODY[] cannot carry NUL (RFC 3516 wants BINARY for that), so those are read as BINARY[].
            item = "BINARY.PEEK[]" if b"\0" in data else "BODY.PEEK[]"
            got = c.fetch(str(i), f"(RFC822.SIZE {item})")[i]
            assert int(got["RFC822.SIZE"]) == len(data), path
            if b"\0" not in data:
                assert got["BODY[]"] == data, path
