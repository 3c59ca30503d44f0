# SPDX-License-Identifier: Apache-2.0
"""Key files for encryption at rest, and the bytes on disk that a thief of it would have."""

from pathlib import Path

from privcv_core.at_rest.keys import Keyring, new_key


def write_key(path: Path, older: tuple[Path, ...] = ()) -> Path:
    """A key file with a new key, and those of ``older`` behind it."""
    lines = "".join(other.read_text() for other in older)
    path.write_text(Keyring((new_key(),), str(path)).text() + lines)
    path.chmod(0o600)
    return path


def on_disk(*folders: Path) -> bytes:
    """All bytes of all files in ``folders``, one after the other, and their names."""
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return b"".join(path.name.encode() + b"\n" + path.read_bytes() for path in files)
