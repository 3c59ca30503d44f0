# SPDX-License-Identifier: Apache-2.0
"""``privcv witness``: says its key and where it listens; refuses what it cannot begin with."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from privcv_across.cli.witness import command
from privcv_across.errors import LogError
from privcv_across.transparency.signed_note import COSIGNATURE_KEY, LOG_KEY, NoteKey
from privcv_core.errors import KeyFileError
from privcv_core.protocol.person_keys import create_key
from privcv_core.protocol.signing import SigningKey


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vkey = NoteKey.of("log.example", LOG_KEY, SigningKey.generate()).encode()
    (tmp_path / "logs").write_text(f"log {vkey}\nquorum none\n")
    return tmp_path


def ran(folder: Path, *more: str) -> Result:
    words = ["--name", "w.example", "--key", folder / "w.pem", "--logs", folder / "logs"]
    words += ["--folder", folder / "state", "--port", "0", *more]
    return CliRunner().invoke(command, [str(word) for word in words])


def test_it_says_its_key_and_serves_until_it_is_stopped(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("http.server.ThreadingHTTPServer.serve_forever", stopped)
    key = create_key(folder / "w.pem")
    result = ran(folder)
    assert result.exit_code == 0, result.output
    vkey = NoteKey.of("w.example", COSIGNATURE_KEY, key).encode()
    first, second, last = result.output.splitlines()
    assert (first, last) == (f"key: {vkey}", "stopped")
    assert second.startswith("listening on http://127.0.0.1:")
    assert second.endswith("/add-checkpoint")


def test_what_it_cannot_begin_with_is_bad_input(folder: Path) -> None:
    create_key(folder / "w.pem")
    assert isinstance(ran(folder, "--name", "two words").exception, LogError)
    (folder / "logs").write_text("quorum none\n")
    assert isinstance(ran(folder).exception, LogError)
    (folder / "w.pem").chmod(0o644)
    assert isinstance(ran(folder).exception, KeyFileError)
