"""TLS of a server that runs for years: a renewed certificate is served without a restart, sessions end by the book."""

import socket
import ssl
import subprocess
import time

import pytest
import tern


def make_certificate(directory, name, days=90):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days),
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", f"{directory}/key.new",
                    "-out", f"{directory}/cert.new"], check=True, stderr=subprocess.DEVNULL)
    (directory / "key.new").replace(directory / "key.pem")
    (directory / "cert.new").replace(directory / "cert.pem")


def context(version=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    if version:
        c.minimum_version = c.maximum_version = version
    return c


def connect(port, version=None):
    s = context(version).wrap_socket(socket.create_connection(("127.0.0.1", port), 20), suppress_ragged_eofs=False)
    assert s.recv(4).startswith(b"* OK")
    return s


def certificate(port):
    with connect(port) as s:
        return s.getpeercert(binary_form=True)


@pytest.fixture
def server(tmp_path):
    make_certificate(tmp_path, "first.example.org")
    config = f'tls_cert = "{tmp_path}/cert.pem";\ntls_key = "{tmp_path}/key.pem";\n'
    with tern.Serve(config) as s:
        s.run("account", "add", "demo", "--store", str(s.store), input=b"demo\n")
        yield s


def test_a_replaced_certificate_is_served_to_new_connections_and_old_ones_go_on(server, tmp_path):
    with server.imap("demo", tls=True) as old:
        first = certificate(server.imaps_port)
        make_certificate(tmp_path, "second.example.org")
        expected = ssl.PEM_cert_to_DER_cert((tmp_path / "cert.pem").read_text())
        end = time.monotonic() + 30
        while certificate(server.imaps_port) == first and time.monotonic() < end:
            time.sleep(0.1)
        assert certificate(server.imaps_port) == expected
        with server.imap() as c:  # STARTTLS, too
            c.ok("STARTTLS")
            c.wrap()
            assert c.sock.getpeercert(binary_form=True) == expected
        old.ok("SELECT INBOX")
        assert old.sock.getpeercert(binary_form=True) == first


def test_a_broken_new_certificate_leaves_the_old_one_in_use(server, tmp_path):
    first = certificate(server.imaps_port)
    (tmp_path / "cert.pem").write_text("not a certificate\n")
    end = time.monotonic() + 30
    while "certificate_not_loaded" not in server.output() and time.monotonic() < end:
        time.sleep(0.1)
    assert "certificate_not_loaded" in server.output()
    assert certificate(server.imaps_port) == first


def test_key_and_certificate_written_apart_are_taken_once_they_fit(server, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    make_certificate(other, "third.example.org")
    (other / "cert.pem").replace(tmp_path / "cert.pem")
    time.sleep(1.5)
    assert certificate(server.imaps_port)
    (other / "key.pem").replace(tmp_path / "key.pem")
    expected = ssl.PEM_cert_to_DER_cert((tmp_path / "cert.pem").read_text())
    end = time.monotonic() + 30
    while certificate(server.imaps_port) != expected and time.monotonic() < end:
        time.sleep(0.1)
    assert certificate(server.imaps_port) == expected


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_logout_ends_with_close_notify(server, version):
    s = connect(server.imaps_port, version)
    s.sendall(b"a LOGOUT\r\n")
    out = b""
    while True:
        piece = s.recv(4096)  # raises SSLEOFError without a close_notify
        if not piece:
            break
        out += piece
    assert b"* BYE" in out and out.rstrip().split(b"\r\n")[-1].startswith(b"a OK")


def test_the_end_of_the_server_is_a_bye_and_close_notify(server):
    s = connect(server.imaps_port)
    server.stop()
    out = b""
    while True:
        piece = s.recv(4096)
        if not piece:
            break
        out += piece
    assert out.count(b"* BYE") == 1


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_is_resumed(server, version):
    c = context(version)
    first = c.wrap_socket(socket.create_connection(("127.0.0.1", server.imaps_port), 20))
    first.recv(100)
    session = first.session
    first.close()
    with c.wrap_socket(socket.create_connection(("127.0.0.1", server.imaps_port), 20), session=session) as second:
        assert second.recv(100) and second.session_reused
