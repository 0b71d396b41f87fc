"""STARTTLS in all its forms: nothing said before TLS survives it (RFC 9051, 6.2.1; section 4 row 1)."""

import socket
import ssl

import pytest
import tern


@pytest.fixture(scope="module")
def server():
    with tern.Server() as s:
        yield s


def start(server):
    c = tern.Imap(server.imap_port)
    c.greeting()
    return c


def test_a_command_pipelined_behind_starttls_is_never_run(server):
    with start(server) as c:
        c.send("a STARTTLS\r\nb LOGIN demo demo\r\n")
        assert c.until("a")[-1].items[0] == "OK"
        c.wrap()
        out = c.cmd("NOOP")
        assert [r.tag for r in out] == [out[-1].tag], out
        assert c.cmd("SELECT INBOX")[-1].items[0] in ("BAD", "NO")


def test_half_a_command_before_tls_does_not_join_what_comes_after(server):
    with start(server) as c:
        c.send("a STARTTLS\r\nb LOG")
        c.until("a")
        c.wrap()
        c.send("IN demo demo\r\n")
        assert c.read().items[0] == "BAD"


def test_capabilities_are_told_anew_and_starttls_is_gone_inside_tls(server):
    with start(server) as c:
        before = c.ok("CAPABILITY")[0].items
        assert "STARTTLS" in before
        c.ok("STARTTLS")
        c.wrap()
        after = c.ok("CAPABILITY")[0].items
        assert "STARTTLS" not in after and "AUTH=PLAIN" in after and "LOGINDISABLED" not in after
        c.bad("STARTTLS")


def test_starttls_after_login_or_with_an_argument_is_bad(server):
    with start(server) as c:
        c.bad("STARTTLS now")
        c.ok("LOGIN demo demo")
        c.bad("STARTTLS")


def test_garbage_instead_of_a_handshake_ends_only_that_connection(server):
    with start(server) as c, start(server) as bystander:
        c.ok("STARTTLS")
        c.send(b"LOGIN demo demo\r\n" * 10)
        with pytest.raises((EOFError, OSError)):
            while c.sock.recv(100):
                pass
            raise EOFError
        bystander.ok("NOOP")


def test_only_tls_1_2_and_1_3_are_spoken(server):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        raw = socket.create_connection(("127.0.0.1", server.imaps_port), 10)
        with context.wrap_socket(raw) as s:
            assert s.recv(5).startswith(b"* OK")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    raw = socket.create_connection(("127.0.0.1", server.imaps_port), 10)
    with pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(raw)
