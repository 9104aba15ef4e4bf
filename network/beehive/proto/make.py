"""Make the *_pb2.py and *_pb2.pyi beside the .proto files: `python network/beehive/proto/make.py`.

What it writes is checked in, and a test makes it again and compares: the bytes depend on the
.proto files and on the version of grpcio-tools alone (constraints.txt).
"""

from __future__ import annotations

import importlib.resources
import shutil
import tempfile
from pathlib import Path
from typing import Final

SOURCES: Final = Path(__file__).resolve().parent
PACKAGE: Final = "parlour/network/beehive/proto"
"""The descriptor pool is one a process: files registered as `common.proto` would collide."""


def make(target: Path) -> None:
    """Write the generated files into the folder `target`.

    Raises:
        RuntimeError: protoc refused; it has said why on stderr.
    """
    from grpc_tools import protoc  # a tool of developers: the engine runs without it

    names = sorted(path.name for path in SOURCES.glob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        status = protoc.main(
            [
                "protoc",
                f"--proto_path={PACKAGE}={SOURCES}",
                f"--proto_path={importlib.resources.files('grpc_tools') / '_proto'}",
                f"--python_out={folder}",
                f"--pyi_out={folder}",
                *(f"{PACKAGE}/{name}" for name in names),
            ]
        )
        if status:
            raise RuntimeError(f"protoc ended with {status}")
        for path in sorted((Path(folder) / PACKAGE).iterdir()):
            shutil.copyfile(path, target / path.name)


if __name__ == "__main__":
    make(SOURCES)
