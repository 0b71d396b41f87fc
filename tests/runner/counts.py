"""tools/run-tests counts every way in which a test can end: what it overlooked would never be seen again."""

import importlib.machinery
import importlib.util
import os
import re
import time

import pytest

ROOT = os.environ["TERN_ROOT"]


def load():
    loader = importlib.machinery.SourceFileLoader("run_tests", os.path.join(ROOT, "tools/run-tests"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_tests", loader))
    loader.exec_module(module)
    return module


runner = load()


def run_shell(script, limit=20):
    job = runner.Job("made-up", ["sh", "-c", script], dict(os.environ), ROOT, limit, "tap")
    runner.Run(1).one(job)
    return job


def run_pytest(tmp_path, source):
    path = tmp_path / "case.py"
    path.write_text(source)
    job = runner.pytest_job("build", "", str(tmp_path), str(tmp_path), str(path), source)
    runner.Run(1).one(job)
    return job


def counts(job):
    return job.passed, len(job.failed), len(job.skipped)


@pytest.mark.parametrize("script, want", [
    ("echo 1..2; echo ok 1 - a; echo ok 2 - b", (2, 0, 0)),
    ("echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1", (1, 1, 0)),
    ("echo 1..2; echo not ok 1 - a; echo ok 2 - b", (1, 1, 0)),
    ("echo 1..2; echo not ok 1 '# SKIP' a; echo ok 2 - b", (1, 0, 1)),
    ("echo 1..3; echo ok 1 - a; exit 1", (1, 2, 0)),
    ("echo 1..3; echo ok 1 - a; kill -ABRT $$", (1, 2, 0)),
    ("echo 1..3; echo ok 1 - a; exit 0", (1, 2, 0)),
    ("echo 1..1; echo ok 1 - a; exit 1", (1, 1, 0)),  # a leak, found at the end
    ("echo 1..1; printf noise; echo not ok 1 - a; exit 1", (0, 1, 0)),
    ("echo 1..1; echo ok 1 - a; echo 1..1; echo ok 1 - b", (2, 0, 0)),
    ("echo any words", (1, 0, 0)),
    ("exit 3", (0, 1, 0)),
    ("kill -SEGV $$", (0, 1, 0)),
    ("exit 77", (0, 0, 1)),
])
def test_a_program_is_counted(script, want):
    assert counts(run_shell(script)) == want


def test_a_program_that_does_not_exist_is_a_failure():
    job = runner.Job("made-up", ["/nonexistent/program"], dict(os.environ), ROOT, 20, "tap")
    runner.Run(1).one(job)
    assert counts(job) == (0, 1, 0)


def test_a_program_that_hangs_is_stopped_with_its_children(tmp_path):
    pid_file = tmp_path / "pid"
    job = run_shell("sleep 300 & echo $! > %s; echo 1..2; echo ok 1 - a; sleep 300" % pid_file, limit=1)
    assert counts(job) == (1, 1, 0)
    assert "time limit" in job.failed[0]
    state = "/proc/%s/stat" % pid_file.read_text().strip()
    end = time.monotonic() + 10  # a killed process is gone a little later
    while os.path.exists(state) and " Z " not in open(state).read():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("source, want", [
    ("def test_a(): pass\ndef test_b(): pass", (2, 0, 0)),
    ("def test_a(): assert 1 == 2\ndef test_b(): pass", (1, 1, 0)),
    ("import pytest\ndef test_a(): pytest.skip('no')\ndef test_b(): pass", (1, 0, 1)),
    ("import nothing_of_this_name\ndef test_a(): pass", (0, 1, 0)),
    ("def test_a(: pass", (0, 1, 0)),
    ("import os\ndef test_a(): os._exit(0)", (0, 1, 0)),
    ("import pytest\n@pytest.fixture\ndef f():\n  yield\n  assert 0\ndef test_a(f): pass", (0, 1, 0)),
    ("x = 1", (0, 1, 0)),
])
def test_a_pytest_file_is_counted(tmp_path, source, want):
    assert counts(run_pytest(tmp_path, source)) == want


def test_failures_reach_the_last_line_and_the_exit(capsys):
    run = runner.Run(2)
    run.all([runner.Job("good", ["true"], dict(os.environ), ROOT, 20, "tap"),
             runner.Job("bad", ["sh", "-c", "echo why; false"], dict(os.environ), ROOT, 20, "tap"),
             runner.Job("alone", ["true"], dict(os.environ), ROOT, 20, "tap", alone=True)])
    assert not run.report()
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "2 passed, 1 failed"
    assert "why" in lines


def test_no_test_at_all_is_a_failure(capsys):
    assert not runner.Run(1).report()
    assert re.fullmatch(r"0 passed, 1 failed", capsys.readouterr().out.splitlines()[-1])
