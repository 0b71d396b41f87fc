"""An import that is killed goes on where it was, exactly; a server beside it serves what is there."""
# time limit: 300 s

import os
import pathlib
import random
import signal
import subprocess
import time

import tern


def maildir(path, n):
    for part in ("cur", "new", "tmp"):
        (path / part).mkdir(parents=True)
    for i in range(n):
        file = path / "cur" / f"{1767225600 + i}.M{i}P1.host:2,{'S' if i % 2 else ''}"
        file.write_text(f"From: a{i % 7}@example.org\nSubject: message {i}\nMessage-ID: <m{i}@example.org>\n\n" + "text\n" * (i % 50))
        os.utime(file, (1767225600 + i, 1767225600 + i))


def command(*args):
    return [tern.TERN, *map(str, args)]


def messages(store, account="ann"):
    shown = subprocess.run(command("account", "show", account, "--store", store), stdout=subprocess.PIPE, check=True,
                           timeout=60).stdout.decode()
    return int(next(line.split()[1] for line in shown.splitlines() if line.startswith("messages")))


def subjects(server):
    with server.imap("demo") as c:
        c.ok("SELECT INBOX")
        found = c.fetch("1:*", "BODY.PEEK[HEADER.FIELDS (SUBJECT)]")
        return [next(v for k, v in found[i].items()).split()[-1] for i in sorted(found)]


def test_a_killed_import_goes_on_without_loss_or_double(tmp_path):
    n = 15000
    store, mail = tmp_path / "store", tmp_path / "mail"
    maildir(mail, n)
    subprocess.run(command("account", "add", "ann", "--store", store), input=b"x\n", check=True, timeout=60)
    rng = random.Random(4)
    kills = 0
    while True:
        p = subprocess.Popen(command("import", "--store", store, "--account", "ann", mail), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, start_new_session=True)
        try:
            out, err = p.communicate(timeout=rng.uniform(0.15, 0.5) if kills < 8 else 200)
        except subprocess.TimeoutExpired:
            os.killpg(p.pid, signal.SIGKILL)  # the command and the process that holds the store
            p.communicate()
            kills += 1
            continue
        break
    assert p.returncode == 0, err
    assert kills > 1
    assert messages(store) == n
    last = subprocess.run(command("import", "--store", store, "--account", "ann", mail), stdout=subprocess.PIPE,
                          check=True, timeout=120).stdout.decode()
    assert f"{n} messages found: 0 imported" in last
    check = subprocess.run(command("check", "--deep", "--store", store), stdout=subprocess.PIPE, timeout=120)
    assert check.returncode == 0, check.stdout


def test_the_server_is_killed_during_an_import_and_it_goes_on(tmp_path):
    n = 10000
    mail = tmp_path / "mail"
    maildir(mail, n)
    server = tern.Server().start()
    try:
        p = subprocess.Popen(command("import", "--store", server.store, "--account", "demo", mail),
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.4)
        server.kill()
        out, err = p.communicate(timeout=60)
        assert p.returncode != 0 and b"closed" in err, err
        server.start()
        done = subprocess.run(command("import", "--store", server.store, "--account", "demo", mail),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        assert done.returncode == 0, done
        assert subjects(server) == [str(i).encode() for i in range(n)]
        server.stop()
    finally:
        server.stop(check=False)
        server.tmp.cleanup()


def test_what_cannot_be_imported_is_told_and_counted(tmp_path):
    store, mail = tmp_path / "store", tmp_path / "mail"
    maildir(mail, 3)
    (mail / "cur" / "1.big:2,").write_bytes(b"x" * 5000)
    (mail / "cur" / "2.link:2,").symlink_to("/etc/passwd")
    conf = tmp_path / "conf"
    conf.write_text(f'store = "{store}"; max_message = 4096;\n')
    subprocess.run(command("account", "add", "ann", "--store", store), input=b"x\n", check=True, timeout=60)
    done = subprocess.run(command("import", "--config", conf, "--account", "ann", mail), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 65
    assert b"5 messages found: 3 imported" in done.stdout and b"2 failed" in done.stdout
    assert b"1.big:2,: " in done.stderr and b"2.link:2,: a symbolic link" in done.stderr
    assert messages(store) == 3


def test_the_samples_and_the_corpus_come_in_whole(tmp_path):
    store = tmp_path / "store"
    subprocess.run(command("account", "add", "ann", "--store", store), input=b"x\n", check=True, timeout=60)
    places = [tern.ROOT / "samples"] + ([tern.CORPUS] if tern.CORPUS.exists() else [])
    for place in places:
        n = sum(1 for p in pathlib.Path(place).rglob("*") if p.suffix.lower() == ".eml" and not p.is_symlink())
        mboxes = 48 + 29 if place != places[0] else 0
        done = subprocess.run(command("import", "--quiet", "--store", store, "--account", "ann", "--mailbox",
                                      place.name, place), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=200)
        assert done.returncode == 0, done.stderr
        assert f"{n + mboxes} messages found: {n + mboxes} imported".encode() in done.stdout, done.stdout
