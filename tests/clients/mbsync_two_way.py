"""mbsync both ways: everything arrives, the second run does nothing, changes cross in both directions."""

import mailbox
import shutil
import subprocess

import pytest
import tern

pytestmark = pytest.mark.skipif(not shutil.which("mbsync"), reason="no mbsync")


def config(tmp_path, server):
    (tmp_path / "mail").mkdir(exist_ok=True)
    text = f"""
IMAPAccount tern
Host 127.0.0.1
Port {server.imap_port}
User demo
Pass demo
SSLType None
AuthMechs LOGIN

IMAPStore far
Account tern

MaildirStore near
Path {tmp_path}/mail/
Inbox {tmp_path}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
"""
    path = tmp_path / "mbsyncrc"
    path.write_text(text)
    return path


def sync(rc):
    done = subprocess.run(["mbsync", "-V", "-c", str(rc), "all"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=120)
    text = done.stdout.decode(errors="replace")
    assert done.returncode == 0, text
    return text


def files(tmp_path):
    return sorted((p.relative_to(tmp_path), p.stat().st_mtime_ns) for p in (tmp_path / "mail").rglob("*")
                  if p.is_file() and p.parent.name in ("cur", "new"))


def test_mail_flags_and_deletions_cross_both_ways_and_the_second_run_is_a_no_op(tmp_path):
    with tern.Server() as s, s.imap("demo") as c:
        c.ok("CREATE Lists/tern")
        for i in range(30):
            c.append("INBOX", tern.message(f"number {i}"), flags="(\\Seen)" if i % 3 == 0 else "")
            c.append("Lists/tern", tern.message(f"list {i}", "böse\r\n".encode().decode("utf-8")))
        rc = config(tmp_path, s)
        sync(rc)
        box = mailbox.Maildir(tmp_path / "mail/INBOX", create=False)
        assert len(box) == 30
        assert sum("S" in m.get_flags() for m in box) == 10
        before = files(tmp_path)
        c.ok("SELECT INBOX")
        first = c.ok("FETCH 1:* (UID FLAGS)")
        sync(rc)
        assert files(tmp_path) == before
        c.ok("NOOP")
        assert [r.raw for r in c.ok("FETCH 1:* (UID FLAGS)")[:-1]] == [r.raw for r in first[:-1]]

        # near to far: a new message, a flag, a deletion
        box.add(mailbox.MaildirMessage(tern.message("from near").replace(b"\r\n", b"\n")))
        keys = {box[k]["Subject"]: k for k in box.keys()}
        m = box[keys["number 1"]]
        m.add_flag("F")
        box[keys["number 1"]] = m
        gone = box[keys["number 2"]]
        gone.add_flag("T")
        box[keys["number 2"]] = gone
        # far to near: the same
        c.append("INBOX", tern.message("from far"))
        c.ok("STORE 5 +FLAGS (\\Answered)")
        c.ok("STORE 6 +FLAGS (\\Deleted)")
        c.ok("EXPUNGE")
        sync(rc)
        box = mailbox.Maildir(tmp_path / "mail/INBOX", create=False)
        subjects = {m["Subject"]: m.get_flags() for m in box}
        assert "from far" in subjects and "number 5" not in subjects and "R" in subjects["number 4"]
        c.ok("NOOP")
        found = c.ok('SEARCH SUBJECT "from near"')
        assert len(found[0].items) == 2
        assert len(c.ok('SEARCH FLAGGED SUBJECT "number 1"')[0].items) == 2
        assert len(c.ok('SEARCH SUBJECT "number 2" NOT SUBJECT "number 2x"')[0].items) == 1 + 10  # 20..29 remain
