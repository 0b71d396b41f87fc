"""A hole in the journal: the store is refused and left alone, `tern check --repair` opens what stands before the hole."""

import tern


def test_a_hole_in_the_journal_is_refused_until_repair_goes_past_it():
    server = tern.Server()
    try:
        server.start()
        with server.imap("demo") as c:
            for i in range(60):
                c.append("INBOX", tern.message(f"number {i}", "x" * 2000 + "\r\n"))
        server.kill()
        pack = sorted((server.store / "packs").glob("*.pack"))[-1]
        data = bytearray(pack.read_bytes())
        at = data.index(b"number 40")
        data[at - 200:at + 12000] = b"\xa5" * 12200
        pack.write_bytes(data)

        refused = server.run("check", "--store", str(server.store), check=False)
        assert refused.returncode != 0 and b"--repair" in refused.stderr + refused.stdout
        assert pack.read_bytes() == data
        mended = server.run("check", "--repair", "--store", str(server.store), check=False)
        again = server.run("check", "--deep", "--store", str(server.store), check=False)
        assert again.returncode == 0, mended.stderr + mended.stdout + again.stderr + again.stdout
        server.start()
        with server.imap("demo") as c:
            kept = [r for r in tern.responses(c.ok("EXAMINE INBOX"), "EXISTS")][0].items[0]
            assert 30 <= int(kept) <= 41, kept
            assert len(c.fetch("1:*", "(BODY.PEEK[])")) == int(kept)
        server.stop()
    finally:
        server.stop(check=False)
        server.tmp.cleanup()
