"""What an acknowledgement is worth: real processes killed, a real disk filled."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from parlour.events import seals
from parlour.events.kinds import rebuild
from parlour.events.log import open_log
from parlour.events.reader import LogReader

CHILDREN = Path(__file__).parent / "children"


def run(script, *arguments):
    return subprocess.Popen(
        [sys.executable, str(CHILDREN / script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
    )


def check_whole(data):
    """Return the versions by aggregate of a log that must have no fault."""
    with LogReader(data) as reader:
        assert list(seals.verify_chain(reader)) == []
        assert [row.position for row in reader.rows()] == list(range(1, reader.count() + 1))
        return {key: value.version for key, value in rebuild(reader.rows()).items()}


def test_every_acknowledged_event_survives_kill_9_in_the_middle_of_commits(tmp_path):
    data = tmp_path / "data"
    acknowledged = Counter()
    for round_ in range(5):
        child = run("commit_for_ever.py", data)
        with child:
            for _ in range(40 + 61 * round_):
                batch = json.loads(child.stdout.readline())
                acknowledged |= Counter(batch)
            child.send_signal(signal.SIGKILL)
            # What it had said before it died counts too.
            for line in child.stdout:
                if line.endswith("\n"):
                    acknowledged |= Counter(json.loads(line))
        assert child.returncode == -signal.SIGKILL
        versions = check_whole(data)
        for aggregate_id, version in acknowledged.items():
            assert versions[aggregate_id] >= version
    assert sum(acknowledged.values()) > 500
    with open_log(data, open_mode=True) as log:
        assert log.recorder.last_position() == 1 + sum(
            version for key, version in versions.items() if key != "log"
        )
    assert check_whole(data) == versions


def mounted(folder):
    """Mount a tmpfs of four MiB, when this machine lets us."""
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, b"size=4m") == 0


def unmount(folder):
    ctypes.CDLL(None, use_errno=True).umount2(os.fsencode(folder), 2)


@pytest.mark.parametrize("kind", ["tmpfs", "rlimit"])
def test_a_full_disk_loses_nothing_acknowledged_and_is_taken_up_again(tmp_path, kind):
    folder = tmp_path / "disk"
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        if kind == "tmpfs":
            if not mounted(folder):
                # Without the right to mount, the limit on file sizes stands in alone.
                return
            stack.callback(unmount, folder)
        child = stack.enter_context(run("fill_the_disk.py", folder, kind))
        story = json.loads(child.stdout.read())
        assert child.wait() == 0
        assert story["full"] == {
            "accepting": False,
            "dropped": "LogUnavailable",
            "left_after_the_failure": [],
            "readable": True,
        }
        assert story["probe_while_full"] is False
        assert story["probe_when_free"] is True
        versions = check_whole(folder / "data")
        assert story["acknowledged"] == versions["account:1"] == story["last"]
        assert story["acknowledged"] > story["before"] > 5
