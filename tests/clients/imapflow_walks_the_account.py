"""imapflow (npm): lists, appends, fetches, idles, moves, searches; with every extension it looks for."""
# time limit: 300 s

import os
import pathlib
import shutil
import subprocess

import pytest
import tern

MODULES = pathlib.Path(os.environ.get("NODE_PATH", tern.ROOT / "build/node/node_modules"))
pytestmark = pytest.mark.skipif(not shutil.which("node") or not (MODULES / "imapflow").exists(), reason="no imapflow")


def test_imapflow_does_its_whole_walk():
    with tern.Server(mail=tern.ROOT / "samples") as s:
        done = subprocess.run(["node", str(tern.ROOT / "tests/clients/imapflow_walk.cjs"), str(s.imaps_port)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=240,
                              env={**os.environ, "NODE_PATH": str(MODULES)})
        text = done.stdout.decode(errors="replace")
        assert done.returncode == 0 and text.rstrip().endswith("walked"), text[-6000:]
