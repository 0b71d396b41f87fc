"""The real program for tests: a server on loopback, and clients that believe nothing."""

import os
import pathlib
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import zlib

ROOT = pathlib.Path(os.environ.get("TERN_ROOT", pathlib.Path(__file__).resolve().parents[2]))
TERN = os.environ.get("TERN", str(ROOT / "build/asan/src/cli/tern"))
CORPUS = ROOT.parent / "shared/corpus"


def free_ports(n):
    socks = [socket.socket() for _ in range(n)]
    try:
        for s in socks:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in socks]
    finally:
        for s in socks:
            s.close()


class Server:
    """`tern demo` with its own store; use as a context, or start() and stop()."""

    def __init__(self, users=("demo:demo",), mail=None, args=(), store=None, env=None, wrap=()):
        self.tmp = tempfile.TemporaryDirectory(prefix="tern-test-")
        self.dir = pathlib.Path(self.tmp.name)
        self.store = pathlib.Path(store) if store else self.dir / "store"
        self.users, self.args, self.env, self.wrap = list(users), list(args), env or {}, list(wrap)
        if mail is None:
            mail = self.dir / "no-mail"
            for part in ("cur", "new", "tmp"):  # an empty Maildir
                (mail / part).mkdir(parents=True)
        self.mail = mail
        self.log = self.dir / "log"
        self.process = None

    def command(self):
        cmd = [TERN, "demo", "--dir", str(self.store), "--ready-file", str(self.dir / "ready"), "--mail", str(self.mail)]
        cmd += ["--imap", f"127.0.0.1:{self.imap_port}", "--imaps", f"127.0.0.1:{self.imaps_port}"]
        cmd += ["--lmtp", f"127.0.0.1:{self.lmtp_port}"] + self.args
        for u in self.users:
            cmd += ["--user", u]
        return cmd

    def ready(self):
        return (self.dir / "ready").exists()

    def start(self, timeout=60):
        self.imap_port, self.imaps_port, self.lmtp_port = free_ports(3)
        (self.dir / "ready").unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.wrap + self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **self.env})
        end = time.monotonic() + timeout
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop(check=False)
                raise AssertionError("the server did not start:\n" + self.output())
            time.sleep(0.01)
        return self

    def output(self):
        return self.log.read_text(errors="replace")[-8000:] if self.log.exists() else ""

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, check=True, timeout=60):
        """SIGTERM; the end must be clean, sanitizers silent."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                if check:
                    raise AssertionError("the server did not stop:\n" + self.output())
        code, self.process = self.process.returncode, None
        if check:
            assert code == 0, f"the server ended with {code}:\n" + self.output()
            text = self.output()
            assert "ERROR: AddressSanitizer" not in text and "runtime error:" not in text, text

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        try:
            self.stop(check=kind is None)
        finally:
            self.tmp.cleanup()

    def run(self, *args, input=None, check=True, timeout=120):
        """Another `tern` command on this store."""
        done = subprocess.run([TERN, args[0], *args[1:]] , input=input, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=timeout, env={**os.environ, **self.env})
        if check:
            assert done.returncode == 0, f"{args}: {done.returncode}\n{done.stdout!r}\n{done.stderr!r}"
        return done

    def rss_kb(self):
        for line in open(f"/proc/{self.process.pid}/status", encoding="ascii"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def lmtp(self):
        return Lmtp(self.lmtp_port)

    def imap(self, user=None, password=None, tls=False):
        c = Imap(self.imaps_port if tls else self.imap_port, tls=tls)
        c.greeting()
        if user:
            c.ok(f'LOGIN {user} {password or user}')
        return c


class Serve(Server):
    """`tern serve` with a configuration file: `config` is more lines of it."""

    def __init__(self, config="", user="", **more):
        super().__init__(**more)
        self.config, self.user = config, user

    def command(self):
        path = self.dir / "tern.conf"
        path.write_text(f'''store = "{self.store}";\nuser = "{self.user}";\nlisten_imap = "127.0.0.1:{self.imap_port}";
listen_imaps = "127.0.0.1:{self.imaps_port}";\nlisten_lmtp = "127.0.0.1:{self.lmtp_port}";\ndomains = "*";\n{self.config}''')
        return [TERN, "serve", "--config", str(path)]

    def ready(self):
        return b"event=serving" in self.log.read_bytes() or b'"event":"serving"' in self.log.read_bytes()

    def start(self, timeout=60):
        if self.log.exists():
            self.log.rename(self.dir / f"log.{time.monotonic_ns()}")
        return super().start(timeout)


class Literal(bytes):
    """A literal's bytes, to tell it from a quoted string."""


class Atom(str):
    pass


class Response:
    """One response, taken apart by the grammar of RFC 9051 section 9: `items` after the tag."""

    def __init__(self, tag, items, raw):
        self.tag, self.items, self.raw = tag, items, raw

    def __repr__(self):
        return f"<{self.raw!r}>"


class GrammarError(AssertionError):
    pass


class Parser:
    """Tokens of a response.  Strict: one space between, closed parentheses, no raw 8-bit unless utf8."""

    def __init__(self, read_line, read_bytes, utf8=False):
        self.read_line, self.read_bytes, self.utf8 = read_line, read_bytes, utf8

    def response(self):
        self.raw = bytearray()
        self.line = self._line()
        self.at = 0
        tag = self._until(b" ").decode("ascii")
        self._expect(b" ")
        if tag == "+":
            return Response("+", [self._rest()], bytes(self.raw))
        if self._peek_status():
            status = self._until(b" \r").decode("ascii").upper()
            self._expect(b" ")
            code = None
            if self.line[self.at:self.at + 1] == b"[":
                code = self._code()
                self._expect(b" ")
            text = self._rest()
            if not text.strip():
                raise GrammarError(f"no text for people in {bytes(self.raw)!r}")
            return Response(tag, [status, code, text], bytes(self.raw))
        items = []
        while True:
            items.append(self._item())
            if self.line[self.at:] == b"\r\n":
                return Response(tag, items, bytes(self.raw))
            self._expect(b" ")
            if self.line[self.at:] == b"\r\n":
                raise GrammarError(f"space at the end of {bytes(self.raw)!r}")

    def _line(self):
        line = self.read_line()
        self.raw += line
        if not line.endswith(b"\r\n"):
            raise GrammarError(f"a line without CRLF: {line!r}")
        if b"\0" in line or b"\r" in line[:-2] or (not self.utf8 and any(b > 126 for b in line)):
            raise GrammarError(f"NUL, CR or 8-bit in {line!r}")
        if self.utf8:
            line.decode("utf-8")
        return line

    def _peek_status(self):
        word = self.line[self.at:].split(b" ")[0].strip().upper()
        return word in (b"OK", b"NO", b"BAD", b"BYE", b"PREAUTH")

    def _rest(self):
        text, self.at = self.line[self.at:-2], len(self.line) - 2
        return text

    def _until(self, stops):
        start = self.at
        while self.line[self.at:self.at + 1] not in [bytes([s]) for s in stops] + [b""]:
            self.at += 1
        if self.at == start:
            raise GrammarError(f"nothing where a word belongs, at {start} of {self.line!r}")
        return self.line[start:self.at]

    def _expect(self, what):
        if not self.line.startswith(what, self.at):
            raise GrammarError(f"expected {what!r} at {self.at} of {self.line!r}")
        self.at += len(what)

    def _code(self):
        start = self.at
        depth = 0
        while True:
            c = self.line[self.at:self.at + 1]
            if c in (b"\r", b""):
                raise GrammarError(f"open code in {self.line!r}")
            self.at += 1
            depth += (c == b"[") - (c == b"]")
            if depth == 0:
                return self.line[start + 1:self.at - 1]

    def _item(self):
        c = self.line[self.at:self.at + 1]
        if c == b"(":
            return self._list()
        if c == b'"':
            return self._quoted()
        if c == b"{" or self.line.startswith(b"~{", self.at):
            return self._literal()
        word = self._atom()
        return None if word == "NIL" else word

    def _list(self):
        self._expect(b"(")
        items = []
        while not self.line.startswith(b")", self.at):
            if items and not (isinstance(items[-1], list) and self.line.startswith(b"(", self.at)):
                self._expect(b" ")  # bodies of a multipart stand without a space between
            items.append(self._item())
        self._expect(b")")
        return items

    def _quoted(self):
        self._expect(b'"')
        out = bytearray()
        while True:
            c = self.line[self.at:self.at + 1]
            self.at += 1
            if c == b'"':
                return bytes(out)
            if c == b"\\":
                c = self.line[self.at:self.at + 1]
                self.at += 1
                if c not in (b'"', b"\\"):
                    raise GrammarError(f"bad escape in {self.line!r}")
            elif c in (b"\r", b"\n", b""):
                raise GrammarError(f"open string in {self.line!r}")
            out += c

    def _literal(self):
        binary = self.line.startswith(b"~", self.at)
        self.at += binary
        self._expect(b"{")
        n = int(self._until(b"}"))
        if self.line[self.at:] != b"}\r\n":
            raise GrammarError(f"a literal's head must end its line: {self.line!r}")
        data = self.read_bytes(n)
        self.raw += data
        if not binary and b"\0" in data:
            raise GrammarError("NUL in a literal that is no literal8")
        self.line, self.at = self._line(), 0
        return Literal(data)

    def _atom(self):
        start = self.at
        while True:
            c = self.line[self.at:self.at + 1]
            if c == b"[":  # BODY[...] and the like
                self._code()
                continue
            if c in (b" ", b")", b"(", b"\r", b"", b'"', b"{"):
                break
            self.at += 1
        word = self.line[start:self.at]
        if not word:
            raise GrammarError(f"nothing where an atom belongs, at {start} of {self.line!r}")
        return Atom(word.decode("utf-8"))


class Imap:
    """A client that reads every response strictly."""

    def __init__(self, port, tls=False, utf8=False, timeout=30):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.wrap()
        self.buffer = bytearray()
        self.parser = Parser(self._read_line, self._read_bytes, utf8)
        self.n = 0

    def wrap(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(self.sock)

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.close()

    def _fill(self):
        data = self.sock.recv(1 << 20)
        if not data:
            raise EOFError("the server closed the connection")
        self.buffer += data

    def _read_line(self):
        at = 0
        while True:
            end = self.buffer.find(b"\n", at)
            if end >= 0:
                line = bytes(self.buffer[:end + 1])
                del self.buffer[:end + 1]
                return line
            at = len(self.buffer)
            self._fill()

    def _read_bytes(self, n):
        while len(self.buffer) < n:
            self._fill()
        data = bytes(self.buffer[:n])
        del self.buffer[:n]
        return data

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def read(self):
        return self.parser.response()

    def greeting(self):
        return self.read()

    def tag(self):
        self.n += 1
        return f"t{self.n}"

    def until(self, tag):
        """All responses up to the tagged one, which comes last."""
        out = []
        while True:
            r = self.read()
            out.append(r)
            if r.tag == tag:
                return out

    def cmd(self, text):
        tag = self.tag()
        text = text if isinstance(text, bytes) else text.encode()
        self.send(tag.encode() + b" " + text + b"\r\n")
        return self.until(tag)

    def expect(self, status, text):
        out = self.cmd(text)
        assert out[-1].items[0] == status, f"{text!r}: expected {status}, got {out}"
        return out

    def ok(self, text):
        return self.expect("OK", text)

    def no(self, text):
        return self.expect("NO", text)

    def bad(self, text):
        return self.expect("BAD", text)

    def append(self, mailbox, message, flags="", date="", binary=False):
        """Non-synchronising; returns (uidvalidity, uid)."""
        head = f"APPEND {mailbox} {flags + ' ' if flags else ''}{date + ' ' if date else ''}"
        out = self.ok(head.encode() + (b"~" if binary else b"") + b"{%d+}\r\n" % len(message) + message)
        code = out[-1].items[1].split()
        assert code[0] == b"APPENDUID"
        return int(code[1]), int(code[2])

    def fetch(self, sets, items):
        """{sequence number: {item: value}} of FETCH or UID FETCH responses."""
        found = {}
        for r in self.ok(f"{sets} {items}" if " " in sets else f"FETCH {sets} {items}")[:-1]:
            if len(r.items) > 2 and r.items[1] == "FETCH":
                pairs = r.items[2]
                found.setdefault(int(r.items[0]), {}).update(zip(pairs[::2], pairs[1::2]))
        return found


class Lmtp:
    """Lines out, replies in: (code, enhanced code, lines)."""

    def __init__(self, port, timeout=30):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")
        assert self.reply()[0] == 220

    def __enter__(self):
        return self

    def __exit__(self, *args):
        self.file.close()
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def reply(self):
        lines = []
        while True:
            line = self.file.readline()
            if not line:
                raise EOFError("the server closed the connection")
            assert line.endswith(b"\r\n") and line[:3].isdigit() and line[3:4] in b"- ", line
            lines.append(line[4:-2].decode())
            if line[3:4] == b" ":
                first = lines[0].split(" ")[0]
                return int(line[:3]), first if first[:1] in "245" and first.count(".") == 2 else None, lines

    def cmd(self, line):
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return self.reply()

    def code(self, line):
        return self.cmd(line)[0]

    def begin(self, *recipients, sender="sender@example.net", params=""):
        """LHLO, MAIL and all RCPT; all must be taken."""
        assert self.code("LHLO test") == 250
        assert self.code(f"MAIL FROM:<{sender}>{params}") == 250
        for r in recipients:
            assert self.code(f"RCPT TO:<{r}>") == 250

    def data(self, text, replies=1):
        """DATA with dots doubled; the replies, one for each recipient."""
        assert self.code("DATA") == 354
        text = text if text.endswith(b"\r\n") else text + b"\r\n"
        if text.startswith(b"."):
            text = b"." + text
        self.send(text.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        return [self.reply()[:2] for _ in range(replies)]


def responses(out, name):
    """Those of `cmd`'s result that are called so: "EXISTS", "FETCH", "LIST"..."""
    return [r for r in out if name in [i for i in r.items[:2] if isinstance(i, str)]]


def code(out, name):
    """What stands behind `name` in the response codes of `out`, as words; None if no response has such a code."""
    for r in out:
        if r.items[0] in ("OK", "NO", "BAD", "BYE", "PREAUTH") and len(r.items) == 3 and r.items[1] is not None:
            words = r.items[1].decode().split()
            if words[0].upper() == name:
                return words[1:]
    return None


def message(subject="Hello", body="Text\r\n", extra=""):
    return (f"From: Ann <ann@example.org>\r\nTo: demo@example.org\r\nSubject: {subject}\r\n"
            f"Date: Mon, 2 Mar 2026 10:00:00 +0100\r\nMessage-ID: <{zlib.crc32((subject + body).encode())}@example.org>\r\n"
            f"{extra}\r\n{body}").encode()
