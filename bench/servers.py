"""The servers that are measured: each starts, tells what it used, and ends, with a directory of its own."""

import grp
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def free_ports(n, first=32000, last=32760):
    """Below the ports that the kernel gives to clients, so that none of ours can take them meanwhile."""
    found = []
    for port in range(first + os.getpid() % 300, last):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == n:
            return found
    raise SystemExit("bench: no free ports")


def certificate(directory):
    cert, key = directory / "cert.pem", directory / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", "/CN=localhost", "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def stat_of(pid):
    """Parent, ticks of its dead and reaped children, state, its own ticks."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        fields = f.read().rsplit(") ", 1)[1].split()
    return int(fields[1]), int(fields[13]) + int(fields[14]), fields[0], int(fields[11]) + int(fields[12])


class Server:
    """Common to all: a main process whose descendants are the whole server."""

    name = ""
    tuned = False  # Dovecot: one process serves many sessions, one after another

    def __init__(self, directory, cert):
        self.dir = pathlib.Path(directory) / self.name.lower()
        self.dir.mkdir()
        self.dir.chmod(0o755)
        self.cert, self.key = cert
        self.imap, self.imaps, self.lmtp = free_ports(3, 32000 if self.name == "Tern" else 32400)
        self.process = None
        self.log = open(self.dir / "log", "ab")

    def spawn(self, command):
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"bench: {self.name} did not start:\n" + (self.dir / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.02)

    def answers(self):
        try:
            for port in (self.imap, self.lmtp):
                with socket.create_connection(("127.0.0.1", port), 5) as s:
                    if not s.recv(100):
                        return False
            return True
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)

    def restart(self):
        self.stop()
        self.start()

    def pids(self):
        """The main process and all below it."""
        children = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    children.setdefault(stat_of(entry)[0], []).append(int(entry))
                except (OSError, IndexError):
                    pass
        found = [self.process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def cpu_once(self):
        total = 0.0
        for pid in self.pids():
            try:
                _, reaped, state, own = stat_of(pid)
                total += reaped / TICKS
                if state == "Z":
                    total += own / TICKS
                    continue
                for task in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
                        total += int(f.read().split()[0]) / 1e9
            except OSError:
                pass
        return total

    def cpu(self, settle=False):
        """Seconds of all processes, those that have ended as well.

        A process that ends while we look would be missed, so where many end, look until nothing changes any more.
        """
        last = self.cpu_once()
        while settle:
            time.sleep(0.3)
            new = self.cpu_once()
            if new - last < 0.011:
                return new
            last = new
        return last

    def pss_kb(self, what="Pss:"):
        """Of all processes; what several share is counted once.  Pss_Anon: without the pages of mapped files."""
        total = 0
        for pid in self.pids():
            try:
                with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
                    total += next(int(line.split()[1]) for line in f if line.startswith(what))
            except (OSError, StopIteration):
                pass
        return total


class Tern(Server):
    name = "Tern"

    def __init__(self, directory, cert, program):
        super().__init__(directory, cert)
        self.program = program
        self.config = self.dir / "tern.conf"
        self.config.write_text(f"""
store = "{self.dir}/store";
user = "";
listen_imap = "127.0.0.1:{self.imap}";
listen_imaps = "127.0.0.1:{self.imaps}";
listen_lmtp = "127.0.0.1:{self.lmtp}";
domains = "example.org";
tls_cert = "{self.cert}";
tls_key = "{self.key}";
log_level = "warn";
""")

    def version(self):
        return subprocess.run([self.program, "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0].strip()

    def add_accounts(self, names):
        (self.dir / "users").write_text("".join(f"{u}:{u}\n" for u in names))
        for part in ("cur", "new", "tmp"):  # no mail
            (self.dir / "none" / part).mkdir(parents=True)
        ready = self.dir / "ready"
        demo = subprocess.Popen(
            [self.program, "demo", "--dir", self.dir / "store", "--imap", f"127.0.0.1:{self.imap}", "--imaps", f"127.0.0.1:{self.imaps}",
             "--lmtp", f"127.0.0.1:{self.lmtp}", "--users-file", self.dir / "users", "--mail", self.dir / "none",
             "--ready-file", ready, "--log-level", "warn"], stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        while not ready.exists():
            if demo.poll() is not None:
                raise SystemExit("bench: the accounts could not be made:\n" + (self.dir / "log").read_text(errors="replace")[-2000:])
            time.sleep(0.02)
        demo.send_signal(signal.SIGTERM)
        demo.wait(60)

    def start(self):
        self.spawn([self.program, "serve", "--config", self.config])


class Dovecot(Server):
    """Debian's packages.  sdbox, passwords in plain, no limits, login processes that serve many connections each."""

    name = "Dovecot"

    def __init__(self, directory, cert):
        super().__init__(directory, cert)
        root = os.geteuid() == 0
        mail = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.getuid())
        self.mail_ids = mail.pw_uid, mail.pw_gid
        for name in ("run", "state", "mail"):
            (self.dir / name).mkdir()
        if root:
            os.chown(self.dir / "mail", *self.mail_ids)
        me = pwd.getpwuid(os.getuid()).pw_name
        rootless = "" if root else f"""
default_internal_user = {me}
default_internal_group = {grp.getgrgid(os.getgid()).gr_name}
default_login_user = {me}
service anvil {{
  chroot =
}}
"""
        self.config = self.dir / "dovecot.conf"
        self.rootless = rootless

    def write_config(self):
        self.config.write_text(f"""
protocols = imap lmtp
base_dir = {self.dir}/run
state_dir = {self.dir}/state
log_path = {self.dir}/dovecot.log
ssl = yes
ssl_cert = <{self.cert}
ssl_key = <{self.key}
disable_plaintext_auth = no
auth_username_format = %Ln
auth_cache_size = 16 M
first_valid_uid = 1
mail_location = sdbox:~/sdbox
mail_fsync = optimized
mail_max_userip_connections = 0
default_process_limit = 20000
default_client_limit = 40000
default_vsz_limit = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%n {self.dir}/users
}}
userdb {{
  driver = static
  args = uid={self.mail_ids[0]} gid={self.mail_ids[1]} home={self.dir}/mail/%n
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  service_count = 0
  process_min_avail = {os.cpu_count()}
  inet_listener imap {{
    address = 127.0.0.1
    port = {self.imap}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {self.imaps}
    ssl = yes
  }}
}}
service imap {{
  process_min_avail = {os.cpu_count()}
  service_count = {256 if self.tuned else 1}
}}
service lmtp {{
  process_min_avail = {os.cpu_count()}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {self.lmtp}
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
{self.rootless}""")

    @staticmethod
    def is_there():
        return shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:" + os.environ.get("PATH", ""))

    def version(self):
        return "Dovecot " + subprocess.run([self.is_there(), "--version"], capture_output=True, text=True, check=True).stdout.split()[0]

    def add_accounts(self, names):
        (self.dir / "users").write_text("".join(f"{u}:{u}\n" for u in names))

    def start(self):
        os.environ["TZ"] = "UTC"
        self.write_config()
        self.spawn([self.is_there(), "-F", "-c", self.config])
