"""`tern account` and `tern mailbox`, on a stopped store and beside a running server."""

import os
import pty
import select
import subprocess
import time

import pytest
import tern


def run(store, *args, input=b"", code=0):
    done = subprocess.run([tern.TERN, *args, "--store", str(store)], input=input, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == code, f"{args}: {done.returncode}\n{done.stdout!r}\n{done.stderr!r}"
    assert b"Sanitizer" not in done.stderr and b"runtime error" not in done.stderr, done.stderr
    return done


def can_log_in(server, user, password):
    with tern.Imap(server.imap_port) as c:
        c.greeting()
        return c.cmd(f"LOGIN {user} {password}")[-1].items[0] == "OK"


@pytest.fixture
def store(tmp_path):
    return tmp_path / "store"


def test_the_first_account_makes_the_store(store):
    assert b"no store" in run(store, "account", "list", code=66).stderr
    run(store, "account", "add", "ann", input=b"secret\n")
    assert store.stat().st_mode & 0o777 == 0o700
    assert run(store, "account", "list").stdout.split()[-1] == b"ann"
    shown = run(store, "account", "show", "ann").stdout.decode()
    assert "mailboxes  6" in shown and "messages   0" in shown and "enabled" in shown


def test_a_password_comes_from_the_first_line_of_standard_input_or_a_file(store, tmp_path):
    file = tmp_path / "password"
    file.write_bytes(b"from file\r\nnot this\n")
    run(store, "account", "add", "ann", input=b"one two\nthree\n")
    run(store, "account", "add", "ben", "--password-file", str(file))
    run(store, "account", "add", "col", "--password-file", "-", input=b"last line without end")
    with tern.Server(store=store, users=()) as server:
        assert can_log_in(server, "ann", '"one two"')
        assert can_log_in(server, "ben", '"from file"')
        assert can_log_in(server, "col", '"last line without end"')
    assert b"first line is empty" in run(store, "account", "add", "dan", input=b"\n", code=64).stderr
    assert b"1024" in run(store, "account", "add", "dan", input=b"x" * 1025, code=64).stderr
    assert b"No such file" in run(store, "account", "add", "dan", "--password-file", "/nowhere", code=74).stderr


def answer(pid, fd, answers):
    """Types an answer after each question; returns what the terminal showed and the exit code."""
    shown = b""
    for question, text in answers:
        end = time.monotonic() + 30
        while question not in shown.rsplit(b"\n", 1)[-1]:
            assert time.monotonic() < end, shown
            if select.select([fd], [], [], 0.1)[0]:
                shown += os.read(fd, 1000)
        os.write(fd, text + b"\n")
    while True:
        try:
            data = os.read(fd, 1000)
        except OSError:
            break
        if not data:
            break
        shown += data
    return shown, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def at_a_terminal(store, args, answers):
    try:
        pid, fd = pty.fork()
    except OSError as e:  # a container without /dev/pts
        pytest.skip(str(e))
    if pid == 0:
        os.execv(tern.TERN, [tern.TERN, *args, "--store", str(store)])
    shown, code = answer(pid, fd, answers)
    os.close(fd)
    return shown, code


def test_a_terminal_is_asked_twice_without_echo(store):
    shown, code = at_a_terminal(store, ["account", "add", "ann"],
                                [(b"Password: ", b"hidden1"), (b"Once more: ", b"hidden1")])
    assert code == 0 and b"hidden1" not in shown, shown
    shown, code = at_a_terminal(store, ["account", "passwd", "ann"],
                                [(b"Password: ", b"hidden2"), (b"Once more: ", b"hidden3")])
    assert code == 64 and b"not the same" in shown and b"hidden" not in shown, shown
    with tern.Server(store=store, users=()) as server:
        assert can_log_in(server, "ann", "hidden1")


def test_delete_asks_for_the_name(store):
    run(store, "account", "add", "ann", input=b"x\n")
    assert b"--yes" in run(store, "account", "delete", "ann", code=64).stderr
    assert at_a_terminal(store, ["account", "delete", "ann"], [(b"go on: ", b"y")])[1] == 64
    assert at_a_terminal(store, ["account", "delete", "ann"], [(b"go on: ", b"ann")])[1] == 0
    assert run(store, "account", "list").stdout == b""


def test_changes_beside_a_running_server_count_at_once():
    with tern.Server() as server:
        run(server.store, "account", "add", "ann", input=b"first\n")
        assert can_log_in(server, "ann", "first")
        run(server.store, "account", "passwd", "ann", input=b"second\n")
        assert not can_log_in(server, "ann", "first")
        assert can_log_in(server, "ann", "second")
        run(server.store, "account", "disable", "ann")
        assert not can_log_in(server, "ann", "second")
        run(server.store, "account", "enable", "ann")
        assert can_log_in(server, "ann", "second")
        run(server.store, "account", "delete", "ann", "--yes")
        assert not can_log_in(server, "ann", "second")
        run(server.store, "account", "show", "ann", code=67)


def test_a_session_sees_mailboxes_come_and_go():
    with tern.Server() as server:
        with server.imap("demo") as c:
            run(server.store, "mailbox", "create", "demo", "A/Bücher", "--use", "important")
            names = b"".join(r.raw for r in c.ok('LIST "" * RETURN (SUBSCRIBED)'))
            assert b"A/B&APw-cher" in names and b"\\Important" in names
            run(server.store, "mailbox", "rename", "demo", "A/Bücher", "C")
            c.append("C", b"A: 1\r\n\r\n")
            listed = run(server.store, "mailbox", "list", "demo").stdout.decode()
            assert "C  (important)" in listed
            assert b"--yes" in run(server.store, "mailbox", "delete", "demo", "C", code=64).stderr
            run(server.store, "mailbox", "delete", "demo", "C", "--yes")
            c.no("SELECT C")
    # The same on the stopped store is covered by what starts one.


def test_mistakes_say_what_and_leave_a_right_exit_code(store):
    run(store, "account", "add", "ann", input=b"x\n")
    assert b"there is an account" in run(store, "account", "add", "ANN", input=b"x\n", code=73).stderr
    assert b"account name" in run(store, "account", "add", "a b", input=b"x\n", code=64).stderr
    assert b"no account" in run(store, "account", "passwd", "ben", input=b"x\n", code=67).stderr
    assert b"no mailbox" in run(store, "mailbox", "delete", "ann", "x", "--yes", code=66).stderr
    assert b"sent" in run(store, "mailbox", "create", "ann", "x", "--use", "outbox", code=64).stderr
    assert b"usage" in run(store, "account", code=64).stderr
    assert b"usage" in run(store, "account", "add", code=64).stderr
    assert b"--help" in run(store, "account", "list", "--no-such", code=64).stderr


@pytest.mark.parametrize("command", ["account", "mailbox", "import", "export", "deliver", "check", "serve", "demo", "config"])
def test_every_command_explains_itself(command):
    done = subprocess.run([tern.TERN, command, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 0 and done.stdout.startswith(b"usage: tern " + command.encode()) and not done.stderr


def test_a_password_on_the_command_line_is_not_taken(store):
    run(store, "account", "add", "ann", "secret", code=64)


def test_a_command_beside_another_one_says_who_is_in_the_way(store):
    run(store, "account", "add", "ann", input=b"x\n")
    holder = subprocess.Popen([tern.TERN, "deliver", "--store", str(store), "ann"], stdin=subprocess.PIPE)
    try:
        holder.stdin.write(b"A: 1\n")
        holder.stdin.flush()
        while subprocess.run([tern.TERN, "mailbox", "list", "ann", "--store", str(store)], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, timeout=60).returncode == 0:
            pass
        done = subprocess.run([tern.TERN, "account", "list", "--store", str(store)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
        assert done.returncode == 75 and b"in use" in done.stderr, done
    finally:
        holder.stdin.close()
        assert holder.wait(60) == 0


def test_commands_at_the_same_time_wait_for_each_other(store):
    run(store, "account", "add", "ann", input=b"x\n")
    all_at_once = [subprocess.Popen([tern.TERN, "deliver", "--store", str(store), "ann"], stdin=subprocess.PIPE)
                   for _ in range(5)]
    for p in all_at_once:
        p.stdin.write(b"A: 1\n\n")
        p.stdin.close()
    assert [p.wait(60) for p in all_at_once] == [0] * 5
    assert "messages   5" in run(store, "account", "show", "ann").stdout.decode()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_leaves_no_file_of_its_own_in_a_store_of_somebody_else(store):
    nobody = 65534
    store.mkdir(mode=0o700)
    os.chown(store, nobody, nobody)
    for parent in store.parents:
        if parent != parent.parent and str(parent) != "/tmp":
            os.chmod(parent, 0o755)
    run(store, "account", "add", "ann", input=b"x\n")
    run(store, "deliver", "ann", input=b"A: 1\n\nx\n")
    owners = {p.stat().st_uid for p in store.rglob("*")}
    assert owners == {nobody}
