# SPDX-License-Identifier: Apache-2.0
"""What is told once stays told once: each idea has one file, and the others use it."""

import re
from pathlib import Path

import pytest

from privcv_core.files.state_folder import DEFAULT_STATE

ROOT = Path(__file__).resolve().parents[1]
SOURCES = {
    str(path.relative_to(ROOT / "src")).split("/", 1)[1]: path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "src").glob("*/privcv_*/**/*.py"))
}

ONCE: dict[str, tuple[str, set[str]]] = {
    "the default state folder": (
        r"\.local/state",
        {"privcv_core/files/state_folder.py"},
    ),
    "the exit status of settings that are refused": (
        r"(?m)^\w+ = 2$.*\n\"\"\"Exit status|sys\.exit\(2\)|SystemExit\(2\)",
        {"privcv_core/errors.py"},
    ),
    "write, fsync, rename": (
        r"os\.replace\(|os\.rename\(|mkstemp|NamedTemporaryFile",
        {
            "privcv_core/files/atomic_file.py",
            "privcv_core/files/folder.py",  # renames what is on the disk already
        },
    ),
    "a folder is fsynced": (
        r"O_DIRECTORY",
        {
            "privcv_core/files/folder.py",
            "privcv_core/files/regular_file.py",  # opens a folder to look into it, no link followed
        },
    ),
    "whether others can read a secret": (
        r"0o0?[07]7\b(?!\d)",
        {"privcv_core/files/secret_file.py"},
    ),
    "where systemd's credentials are": (
        r"CREDENTIALS_DIRECTORY\"",
        {"privcv_core/files/secret_file.py"},
    ),
    "base64url": (
        r"urlsafe_b64",
        {"privcv_core/protocol/base64url.py"},
    ),
    "times as text, read and written": (
        r"strftime|strptime|\.fromisoformat\(|\.isoformat\(",
        {
            "privcv_core/protocol/timestamps.py",
            "privcv_compliance/answers/requests.py",  # days of a calendar, not times
            "privcv_privacy/budget/spending.py",  # likewise
            "privcv_privacy/cli/budget.py",  # a table for people
        },
    ),
    "nanoseconds in a second": (
        r"(?<!-)\b1e9\b|nanosec \* 1e-9|10 ?\*\* ?9\b|\b1_000_000_000\b",
        {"privcv_core/protocol/timestamps.py"},
    ),
    "Ed25519 signatures": (
        r"Ed25519PublicKey\b",
        {"privcv_core/protocol/signing.py"},
    ),
    "key ids": (
        r"hexdigest\(\)\[",
        {
            "privcv_core/protocol/signing.py",
            "privcv_core/protocol/enrolment.py",  # the id of a device, of its first key
            "privcv_core/authorization/record.py",  # the id of a record that has none
        },
    ),
}


@pytest.mark.parametrize("idea", ONCE)
def test_an_idea_has_one_file(idea: str) -> None:
    pattern, files = ONCE[idea]
    assert {name for name, text in SOURCES.items() if re.search(pattern, text)} == files


def test_documents_name_the_default_state_folder_as_it_is() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    named = re.findall(r"[^\s`(]*\.local/state/\w*", "".join(map(Path.read_text, documents)))
    assert set(named) == {DEFAULT_STATE}
