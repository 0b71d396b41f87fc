"""`tern serve` with a configuration file: its user, its ports, the service manager, its end."""

import os
import pathlib
import signal
import socket
import stat
import subprocess
import time

import pytest
import tern

NOBODY = 65534


class Served:
    def __init__(self, tmp_path, extra="", user="nobody"):
        self.store = tmp_path / "store"
        self.imap, self.imaps, self.lmtp = tern.free_ports(3)
        self.conf = tmp_path / "tern.conf"
        self.conf.write_text(f'store = "{self.store}"; user = "{user}"; listen_imap = "127.0.0.1:{self.imap}";\n'
                             f'listen_imaps = "127.0.0.1:{self.imaps}"; listen_lmtp = "127.0.0.1:{self.lmtp}";\n'
                             f'hostname = "mx.example.org";\n{extra}\n')
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(tmp_path / "notify"))
        self.notify.settimeout(60)
        os.chmod(tmp_path / "notify", 0o777)
        self.env = {**os.environ, "NOTIFY_SOCKET": str(tmp_path / "notify")}

    def start(self):
        self.log = open(self.conf.parent / "log", "wb+")
        self.process = subprocess.Popen([tern.TERN, "serve", "--config", str(self.conf)], stderr=self.log, env=self.env)
        assert self.notify.recv(100) == b"READY=1"
        return self

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        code = self.process.wait(60)
        self.log.seek(0)
        log = self.log.read()
        assert code == 0 and b"Sanitizer" not in log and b"runtime error" not in log, log
        return log


@pytest.fixture
def open_tmp(tmp_path):
    for parent in [tmp_path, *tmp_path.parents]:
        if str(parent) not in ("/", "/tmp"):
            os.chmod(parent, 0o755)
    return tmp_path


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@needs_root
def test_root_becomes_the_user_and_owns_nothing_in_the_store(open_tmp):
    served = Served(open_tmp).start()
    status = pathlib.Path(f"/proc/{served.process.pid}/status").read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert set(fields["Uid"].split()) == {str(NOBODY)}
    assert int(fields["CapEff"], 16) == 0 and fields["NoNewPrivs"] == "1"
    assert {p.stat().st_uid for p in served.store.rglob("*")} == {NOBODY}
    assert stat.S_IMODE((served.store / "key.pem").stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE((served.store / "admin.sock").stat().st_mode) & 0o077 == 0
    served.stop()


@needs_root
def test_from_an_empty_directory_to_a_delivered_message_that_survives_a_restart(open_tmp):
    served = Served(open_tmp, 'domains = "example.org";').start()
    add = subprocess.run([tern.TERN, "account", "add", "ann", "--config", str(served.conf)], input=b"secret\n", timeout=60)
    assert add.returncode == 0
    with socket.create_connection(("127.0.0.1", served.lmtp)) as s:
        f = s.makefile("rwb")
        assert f.readline().startswith(b"220 mx.example.org ")
        f.write(b"LHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<ann@example.org>\r\nDATA\r\nA: 1\r\n\r\n.\r\nQUIT\r\n")
        f.flush()
        assert b"250 2.1.5 Delivered\r\n" in f.read()
    log = served.stop()
    assert b"event=delivery" in log
    assert served.notify.recv(100) == b"STOPPING=1"
    served.start()
    c = tern.Imap(served.imaps, tls=True)
    c.greeting()
    c.ok("LOGIN ann@example.org secret")
    assert any(r.items[:2] == ["1", "EXISTS"] for r in c.ok("SELECT INBOX"))
    c.close()
    served.stop(signal.SIGINT)


def test_a_port_that_is_taken_is_told_by_its_option(tmp_path):
    served = Served(tmp_path, user="")
    with socket.socket() as s:
        s.bind(("127.0.0.1", served.imaps))
        s.listen()
        done = subprocess.run([tern.TERN, "serve", "--config", str(served.conf)], stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 69 and b"listen_imaps" in done.stderr and b"in use" in done.stderr, done


def test_a_second_server_on_the_store_is_refused(tmp_path):
    served = Served(tmp_path, user="").start()
    ports = tern.free_ports(3)
    text = served.conf.read_text()
    for old, new in zip((served.imap, served.imaps, served.lmtp), ports):
        text = text.replace(f":{old}\"", f":{new}\"")
    (tmp_path / "second").write_text(text)
    done = subprocess.run([tern.TERN, "serve", "--config", str(tmp_path / "second")], stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 69 and b"in use" in done.stderr, done
    served.stop()


def test_mistakes_keep_the_server_from_starting(tmp_path):
    conf = tmp_path / "conf"
    conf.write_text("hostnme = 1;\nworkers = 5000;\n")
    done = subprocess.run([tern.TERN, "serve", "--config", str(conf)], stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 78
    assert f"{conf}:1: unknown option hostnme; did you mean hostname?".encode() in done.stderr
    assert f"{conf}:2: workers = 5000 is out of range".encode() in done.stderr
    done = subprocess.run([tern.TERN, "config", "check", str(conf)], stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 78
    done = subprocess.run([tern.TERN, "serve", "--config", "/nowhere"], stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 66


def test_what_config_default_prints_is_a_configuration(tmp_path):
    text = subprocess.run([tern.TERN, "config", "default"], stdout=subprocess.PIPE, check=True, timeout=60).stdout
    conf = tmp_path / "conf"
    conf.write_bytes(text)
    assert subprocess.run([tern.TERN, "config", "check", str(conf)], stdout=subprocess.PIPE, timeout=60).returncode == 0
    shown = subprocess.run([tern.TERN, "config", "show", str(conf)], stdout=subprocess.PIPE, timeout=60).stdout
    assert shown.splitlines() == [l for l in text.splitlines() if l and not l.startswith(b"#")]


def test_the_demo_serves_its_samples(tmp_path):
    ports, ready = tern.free_ports(3), tmp_path / "ready"
    p = subprocess.Popen([tern.TERN, "demo", "--imap", f"127.0.0.1:{ports[0]}", "--imaps", f"127.0.0.1:{ports[1]}",
                          "--lmtp", f"127.0.0.1:{ports[2]}", "--ready-file", str(ready)], stdout=subprocess.PIPE)
    end = time.monotonic() + 60
    while not ready.exists():
        assert p.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    c = tern.Imap(ports[0])
    c.greeting()
    c.ok("LOGIN demo demo")
    n = len(list((tern.ROOT / "samples").glob("*.eml")))
    assert any(r.items[:2] == [str(n), "EXISTS"] for r in c.ok("SELECT INBOX"))
    for r in c.ok("FETCH 1:* (ENVELOPE BODYSTRUCTURE BODY.PEEK[])"):
        pass
    c.close()
    p.send_signal(signal.SIGINT)
    out = p.communicate(timeout=60)[0].decode()
    assert p.returncode == 0
    store = out.split("Store: ")[1].split(" ")[0]
    assert "curl -sk" in out and not os.path.exists(store)
