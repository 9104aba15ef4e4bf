import subprocess

import msgspec
import pytest

from parlour.network.demo.process import PARLOUR


def demo(*arguments):
    return subprocess.run(
        [*PARLOUR, "demo", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_story_is_told_to_its_end_and_every_promise_kept():
    done = demo()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✗" not in done.stdout
    for part in (
        "kill -9",
        "everybody holds the same cards",
        "every chunk that anybody had heard is on disk",
        "1. Cy, 2. Ada, 3. Bo",
        "what was chosen in secret before the kill stands",
        "everybody is told the same settlement",
        "replay game treasure.game:1:1",
        "parlour replay stream",
        "parlour audit",
        "in numbers",
    ):
        assert part.lower() in done.stdout.lower()
    assert "\x1b" not in done.stdout


def test_json_gives_the_promises_and_the_numbers_and_keep_leaves_the_log(tmp_path):
    done = demo("--json", "--hands", "1", "--keep", str(tmp_path / "kept"))
    assert done.returncode == 0, done.stdout + done.stderr
    document = msgspec.json.decode(done.stdout)
    assert document["ok"]
    assert all(promise["kept"] for promise in document["promises"])
    assert document["figures"]["events"] > 50
    assert document["figures"]["chunks"] > 50
    assert document["figures"]["treasure_commands"] > 20
    assert (tmp_path / "kept" / "data" / "log.db").exists()
    assert (tmp_path / "kept" / "forged" / "log.db").exists()


@pytest.mark.parametrize("arguments", [["--hands", "0"], ["--keep", "."]])
def test_what_cannot_be_done_is_refused_before_anything_starts(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "something").touch()
    done = demo(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
