"""Coverage-guided fuzzing of every codec and handler with atheris; see README.md beside this file.

`fuzz_codecs.py [NAME] [FOLDER | FILE] [libFuzzer's own arguments]`: one target, or all of them, the
first byte of an input telling which. `--list` says which there are.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parent))
with atheris.instrument_imports(include=["parlour", "tomllib", "codec_targets"]):
    from all_targets import TARGETS, Target

ALL = tuple(TARGETS.values())


def feed_any(data: bytes) -> None:
    """Feed the target that the first byte names."""
    if data:
        ALL[data[0] % len(ALL)].feed(data[1:])


def write_seeds(folder: Path, target: Target | None) -> None:
    """Write the valid bytes that fuzzing begins from."""
    folder.mkdir(parents=True, exist_ok=True)
    for index, known in enumerate(ALL):
        for number, seed in enumerate(known.seeds):
            if target is None:
                (folder / f"{index}-{number}").write_bytes(bytes([index]) + seed)
            elif known is target:
                (folder / f"{number}").write_bytes(seed)


def main(arguments: list[str]) -> None:
    """Fuzz until something is found, or libFuzzer's -max_total_time is over."""
    if "--list" in arguments:
        print("\n".join(TARGETS))
        return
    name = next((given for given in arguments[1:] if given in TARGETS), None)
    target = None if name is None else TARGETS[name]
    rest = [given for given in arguments[1:] if given != name]
    with tempfile.TemporaryDirectory(prefix="parlour-fuzz-") as scratch:
        seeds = Path(scratch)
        write_seeds(seeds, target)
        limits = ["-max_len=70000", "-timeout=60", "-rss_limit_mb=1024", "-print_final_stats=1"]
        # Folders that are given come first: what is new is kept in the first one. A file that is
        # given is repeated, and nothing else.
        repeats = any(Path(given).is_file() for given in rest)
        given = [*limits, *rest, *(() if repeats else (str(seeds),))]
        atheris.Setup([arguments[0], *given], feed_any if target is None else target.feed)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
