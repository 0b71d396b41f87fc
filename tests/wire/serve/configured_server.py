"""`tern serve`: what the configuration says is what happens."""

import json
import os
import pwd
import socket
import stat
import subprocess
import time

import pytest
import tern


def add(server, name="ann", password="pw"):
    server.run("account", "add", name, "--store", str(server.store), input=password.encode() + b"\n")


def serve(path, timeout=60):
    return subprocess.run([tern.TERN, "serve", "--config", str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)


def test_a_broken_configuration_tells_every_mistake_with_its_line(tmp_path):
    path = tmp_path / "tern.conf"
    path.write_text('stor = "/x";\nmax_message = "25 XB";\nlogin_timeout = 1;\nlog_level = "loud";\nlisten_imap = 143;\n'
                    'tls_cert = "/only/one";\nplain_login = "yes";\nnothing_like_it_at_all = 1;\n')
    done = serve(path)
    lines = done.stderr.decode().splitlines()
    assert done.returncode == 78 and done.stdout == b""
    assert "1:" in lines[0] and "did you mean store?" in lines[0]
    for n, word in ((2, "max_message"), (3, "out of range"), (4, "debug, info, warn or error"), (5, "quotes"), (7, "true or false"), (8, "unknown")):
        assert any(x.startswith(f"{path}:{n}: ") and word in x for x in lines), (n, lines)
    assert any("go together" in x for x in lines)
    check = subprocess.run([tern.TERN, "config", "check", str(path)], stderr=subprocess.PIPE, timeout=30)
    assert check.returncode == 78 and check.stderr == done.stderr
    path.write_text('store = "/x"\nuser "";\n')
    assert f"{path}:2: " in serve(path).stderr.decode()
    assert serve(tmp_path / "missing").returncode == 66


def test_the_default_configuration_reads_back_as_itself(tmp_path):
    text = subprocess.run([tern.TERN, "config", "default"], stdout=subprocess.PIPE, check=True, timeout=30).stdout
    path = tmp_path / "tern.conf"
    path.write_bytes(text)
    assert subprocess.run([tern.TERN, "config", "check", str(path)], stdout=subprocess.PIPE, timeout=30).returncode == 0
    show = subprocess.run([tern.TERN, "config", "show", str(path)], stdout=subprocess.PIPE, check=True, timeout=30).stdout
    assert show.splitlines() == [x for x in text.splitlines() if x and not x.startswith(b"#")]
    example = tern.ROOT / "dist/tern.conf"
    assert subprocess.run([tern.TERN, "config", "check", str(example)], stdout=subprocess.PIPE, timeout=30).returncode == 0


def test_every_line_of_the_json_log_is_one_event(tmp_path):
    with tern.Serve('log_format = "json";\nlog_level = "debug";\n') as s:
        add(s)
        with s.imap("ann", "pw") as c:
            c.ok("SELECT INBOX")
            c.append("INBOX", tern.message("one"))
        with s.imap() as c:
            c.no('LOGIN "ann\\"\\\\ }{" wrong')
            c.no(b"LOGIN {5+}\r\n\xff\x1b[2J {5+}\r\nwrong")
        with s.lmtp() as c:
            c.begin("ann@x", sender='"a\\"b}"@x')
            c.data(b"Subject: x\r\n\r\n")
        s.stop()
        events = [json.loads(line) for line in s.log.read_text(encoding="utf-8").splitlines()]
        names = [e["event"] for e in events]
        assert {"serving", "login", "login-failed", "delivery", "stopping"} <= set(names)
        for e in events:
            assert e["level"] in ("debug", "info", "warn", "error") and e["time"].endswith("Z")
        assert [e["rip"] for e in events if e["event"] == "login"] == ["127.0.0.1"]
        text = s.log.read_text()
        assert "wrong" not in text and "pw" not in [v for e in events for v in e.values()] and "\x1b" not in text


def test_unix_sockets_and_several_addresses(tmp_path):
    v6 = socket.socket(socket.AF_INET6)
    try:
        v6.bind(("::1", 0))
        port6 = v6.getsockname()[1]
    except OSError:
        port6 = None
    v6.close()

    class Several(tern.Serve):
        def command(self):
            cmd = super().command()
            text = (self.dir / "tern.conf").read_text()
            more = f" unix:{tmp_path}/imap.sock" + (f" [::1]:{port6}" if port6 else "")
            text = text.replace(f'listen_imap = "127.0.0.1:{self.imap_port}"', f'listen_imap = "127.0.0.1:{self.imap_port}{more}"')
            text = text.replace(f'listen_lmtp = "127.0.0.1:{self.lmtp_port}"', f'listen_lmtp = "unix:{tmp_path}/lmtp.sock"')
            (self.dir / "tern.conf").write_text(text)
            return cmd

    with Several() as s:
        add(s)
        with s.imap("ann", "pw") as c:
            c.ok("NOOP")
        with socket.socket(socket.AF_UNIX) as u:
            u.settimeout(20)
            u.connect(f"{tmp_path}/imap.sock")
            u.sendall(b"a LOGIN ann pw\r\nb LOGOUT\r\n")
            out = b"".join(iter(lambda: u.recv(4096), b""))
            assert b"a OK" in out and b"* BYE" in out
        with socket.socket(socket.AF_UNIX) as u:
            u.settimeout(20)
            u.connect(f"{tmp_path}/lmtp.sock")
            u.sendall(b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<ann>\r\nDATA\r\nSubject: x\r\n\r\n.\r\nQUIT\r\n")
            out = b"".join(iter(lambda: u.recv(4096), b""))
            assert out.rstrip().split(b"\r\n")[-2].startswith(b"250 2.1.5"), out
        if port6:
            with socket.create_connection(("::1", port6), 20) as c6:
                c6.sendall(b"a LOGIN ann pw\r\nb LOGOUT\r\n")
                out = b"".join(iter(lambda: c6.recv(4096), b""))
                assert b"a OK" in out
        s.kill()
        assert os.path.exists(f"{tmp_path}/imap.sock")
        s.start()  # a socket that was left behind is no obstacle
        with socket.socket(socket.AF_UNIX) as u:
            u.connect(f"{tmp_path}/imap.sock")
            assert u.recv(4) == b"* OK"


def other_address():
    """An address of this machine that is not loopback."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        s.connect(("192.0.2.1", 9))
        return s.getsockname()[0]
    except OSError:
        return None
    finally:
        s.close()


@pytest.mark.parametrize("plain", [False, True])
def test_passwords_without_tls_are_for_this_machine_unless_allowed(plain):
    address = other_address()
    if not address or address.startswith("127."):
        pytest.skip("this machine has no address but loopback")

    class Everywhere(tern.Serve):
        def command(self):
            cmd = super().command()
            path = self.dir / "tern.conf"
            path.write_text(path.read_text().replace("127.0.0.1:", ":"))
            return cmd

    with Everywhere("plain_login = true;\n" if plain else "") as s:
        add(s)
        with socket.create_connection((address, s.imap_port), 20) as c:
            c.sendall(b"a CAPABILITY\r\nb LOGIN ann pw\r\nc AUTHENTICATE PLAIN AGFubgBwdw==\r\nd LOGOUT\r\n")
            out = b"".join(iter(lambda: c.recv(4096), b""))
        if plain:
            assert b"b OK" in out and b"LOGINDISABLED" not in out
        else:
            assert b"LOGINDISABLED" in out and b"AUTH=PLAIN" not in out
            assert b"b NO [PRIVACYREQUIRED]" in out and b"c NO [PRIVACYREQUIRED]" in out, out


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_root_binds_low_ports_and_then_is_another_user(tmp_path):
    nobody = pwd.getpwnam("nobody")

    class Low(tern.Serve):
        def command(self):
            cmd = super().command()
            path = self.dir / "tern.conf"
            path.write_text(path.read_text().replace(f"127.0.0.1:{self.imap_port}", f"127.0.0.1:{self.imap_port} 127.0.0.77:987"))
            return cmd

    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x",
                    "-keyout", str(key), "-out", str(cert)], check=True, stderr=subprocess.DEVNULL)
    key.chmod(0o400)
    s = Low(config=f'tls_cert = "{cert}";\ntls_key = "{key}";\n', user="nobody")
    os.chmod(s.dir, 0o755)
    with s:
        status = open(f"/proc/{s.process.pid}/status").read()
        assert f"Uid:\t{nobody.pw_uid}\t{nobody.pw_uid}\t{nobody.pw_uid}\t{nobody.pw_uid}" in status
        assert f"Gid:\t{nobody.pw_gid}\t{nobody.pw_gid}\t{nobody.pw_gid}\t{nobody.pw_gid}" in status
        assert "NoNewPrivs:\t1" in status
        add(s)
        with socket.create_connection(("127.0.0.77", 987), 20) as c:
            assert c.recv(4) == b"* OK"
        with s.imap("ann", "pw", tls=True) as c:
            c.append("INBOX", tern.message("x"))
        for path in [s.store, *s.store.rglob("*")]:
            info = path.lstat()
            assert info.st_uid == nobody.pw_uid, path
            assert not info.st_mode & 0o077 or stat.S_ISSOCK(info.st_mode), (path, oct(info.st_mode))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_a_user_that_is_missing_is_told_before_anything_is_made(tmp_path):
    path = tmp_path / "tern.conf"
    path.write_text(f'store = "{tmp_path}/store";\nuser = "no-such-user";\nlisten_imap = "127.0.0.1:{tern.free_ports(1)[0]}";\nlisten_imaps = "";\nlisten_lmtp = "";\n')
    done = serve(path)
    assert done.returncode != 0 and b'no user "no-such-user"' in done.stderr
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("abstract", [False, True])
def test_the_service_manager_is_told_when_it_is_ready_and_when_it_stops(tmp_path, abstract):
    name = f"@tern-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind("\0" + name[1:] if abstract else name)
        notify.settimeout(20)
        with tern.Serve(env={"NOTIFY_SOCKET": name}) as s:
            assert notify.recv(100) == b"READY=1"
            s.stop()
            assert notify.recv(100) == b"STOPPING=1"


def test_a_stop_lets_sessions_say_goodbye_and_is_quick():
    with tern.Serve() as s:
        add(s)
        idle = [s.imap("ann", "pw") for _ in range(20)]
        for c in idle:
            c.ok("SELECT INBOX")
            c.send("i IDLE\r\n")
            assert c.read().tag == "+"
        begin = time.monotonic()
        s.stop()
        assert time.monotonic() - begin < 10
        for c in idle:
            assert c.read().items[0] == "BYE"
            with pytest.raises(EOFError):
                c.read()


def test_options_reach_the_sessions():
    with tern.Serve("max_message = 5000;\nmax_sessions_per_account = 2;\nlogin_timeout = 5;\n") as s:
        add(s)
        waiting = s.imap()
        begin = time.monotonic()
        with s.imap("ann", "pw") as c, s.imap("ann", "pw") as d:
            out = c.no(b"APPEND INBOX {6000+}\r\n" + b"x" * 6000)
            assert out[-1].items[1] == b"TOOBIG"
            third = s.imap()
            assert third.no("LOGIN ann pw")[-1].items[1] in (b"LIMIT", b"UNAVAILABLE")
            third.close()
            d.ok("NOOP")
        assert waiting.read().items[0] == "BYE"
        assert 4 <= time.monotonic() - begin < 15
        with s.lmtp() as lmtp:
            assert "SIZE 5000" in lmtp.cmd("LHLO x")[2]
