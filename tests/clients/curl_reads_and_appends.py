"""curl, the shortest mail program: the line that the demo prints, an upload, a search."""

import subprocess

import tern


def curl(*args, data=None):
    done = subprocess.run(["curl", "-sS", "-k", "--max-time", "30", *args], input=data, check=True,
                          stdout=subprocess.PIPE)
    return done.stdout


def test_the_line_that_the_demo_prints_shows_a_message():
    with tern.Server(mail=tern.ROOT / "samples") as s:
        out = curl("--user", "demo:demo", f"imaps://127.0.0.1:{s.imaps_port}/INBOX;MAILINDEX=1")
        assert b"\r\nFrom:" in b"\r\n" + out


def test_an_uploaded_message_comes_back_byte_for_byte(tmp_path):
    text = tern.message("by curl", "line\r\n.\r\nwith a dot\r\n")
    with tern.Server() as s:
        url = f"imap://127.0.0.1:{s.imap_port}/INBOX"
        up = tmp_path / "m.eml"
        up.write_bytes(text)
        curl("--ssl-reqd", "--user", "demo:demo", "-T", str(up), url)
        assert curl("--ssl-reqd", "--user", "demo:demo", url + ";UID=1") == text
        found = curl("--user", "demo:demo", url + "?SUBJECT%20curl")
        assert found.split() == [b"*", b"SEARCH", b"1"]
