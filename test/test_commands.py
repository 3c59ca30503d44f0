# SPDX-License-Identifier: Apache-2.0
"""The judges of commands find what they look for: each is shown a program that does it."""

import gzip
import signal
import sys
from pathlib import Path

import pytest
from commands import files_with, judge, run_command

PYTHON = (sys.executable, "-c")


def python(code: str, folder: Path, **options: object):
    return run_command(code, folder=folder, program=PYTHON, **{"timeout_s": 20.0, **options})


def test_a_program_that_does_well_is_let_pass(tmp_path: Path):
    run = python("print('fine')", tmp_path)
    assert (run.status, run.out) == (0, "fine\n")
    judge(run, canary="s3cret", places=[tmp_path])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ValueError", "Traceback"),
        ("import os; os.kill(os.getpid(), 11)", "crashed"),
        ("print('it is hunter%20two')", "the canary was printed"),
        ("import time; time.sleep(60)", "did not end in time"),
        ("import sys; print('a\\nb', file=sys.stderr); sys.exit(2)", "not one line"),
        (
            "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True,"
            " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)",
            r"left \d+ \(sleep 60\)",
        ),
    ],
)
def test_a_program_that_does_not_is_found(tmp_path: Path, code: str, words: str):
    run = python(code, tmp_path, timeout_s=2.0)
    with pytest.raises(AssertionError, match=words):
        judge(run, canary="hunter two")


def test_a_secret_is_found_in_whatever_file_it_lies(tmp_path: Path):
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "old.gz").write_bytes(gzip.compress(b"password hunter2 was used"))
    (tmp_path / "site.yaml").write_text("uri: rtsp://me:hunter2@camera")
    (tmp_path / "report.html").write_text("nothing")
    assert files_with("hunter2", [tmp_path], but=[tmp_path / "site.yaml"]) == [
        tmp_path / "log" / "old.gz"
    ]


def test_a_signal_is_sent_once_the_program_is_ready(tmp_path: Path):
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\ntime.sleep(30)"
    )
    run = python(code, tmp_path, send=signal.SIGTERM)
    assert run.status == 7
    assert run.stopped_s is not None
    judge(run)
