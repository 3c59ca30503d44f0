# SPDX-License-Identifier: Apache-2.0
"""A password in an address is nowhere in what a command prints, writes, logs or starts."""

import logging
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import yaml
from commands import files_with, forms_of

from privcv_bringup.cli import main
from privcv_core.masking import forget

CANARY = "c4naryS3cretPw"
TOKEN = "t0kenInThePath9"
DEAD = f"rtsp://admin:{CANARY}@127.0.0.1:9/{TOKEN}?key={TOKEN}"
SOON_AT_FAULT = (
    "import privcv_bringup.demo.demo as demo; demo.FAULT_AFTER_S = 6.0\n"
    "from privcv_bringup.cli import main; main()"
)
SITE = {
    "state": "state",
    "cameras": {
        "room": {
            "source": {"kind": "rtsp", "uri": DEAD},
            "authorization": {"required": False},
            "zones": {"all": {"polygon_m": [[0, 0], [1, 0], [1, 1]]}},
        }
    },
}


def write_site(folder: Path, **changes: object) -> Path:
    site = {**SITE, **changes}
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(site))
    return path


@pytest.fixture(name="said")
def _said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., tuple[int, str]]]:
    """``said("graph", "site.yaml")``: status and all output of a command, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    factory = logging.getLogRecordFactory()

    def run(*words: str | Path) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["privcv", *map(str, words)])
        status = 0
        try:
            main()
        except SystemExit as left:
            status = int(left.code or 0)
        out, err = capfd.readouterr()
        return status, out + err

    yield run
    logging.setLogRecordFactory(factory)
    forget()


def told(secret: str, text: str) -> list[bytes]:
    """The spellings of ``secret`` that are in ``text``."""
    return [form for form in forms_of(secret) if form in text.encode()]


@pytest.mark.parametrize(
    "words",
    [
        f"track {DEAD}",
        f"track video.mp4 --camera {DEAD}",
        f"calibrate camera.yaml --video {DEAD}",
        f"replay {DEAD} --site site.yaml",
        f"up {DEAD}",
        f"bag {DEAD} -o bag",
        f"demo --video 'rtsp://admin:{CANARY}/x@127.0.0.1:9/{TOKEN}'",
        f"demo --video 'rtsp://admin:{CANARY} {TOKEN}@127.0.0.1:9/x'",
        f"demo --video 'rtmp://admin:{CANARY}@127.0.0.1:9/{TOKEN}'",
        f"demo --video 'admin:{CANARY}@127.0.0.1/{TOKEN}=x'",
        f"demo --site 'https://admin:{CANARY}@127.0.0.1/{TOKEN}'",
        f"collector tokens --db postgresql://u:{CANARY}@127.0.0.1:9/x?password={TOKEN}",
        f"collector tokens --db nosuch://u:{CANARY}@127.0.0.1:9/x?password={TOKEN}",
        f"collector tokens --db 'u:{CANARY}@127.0.0.1:9/{TOKEN}'",
        f"pin https://u:{CANARY}@127.0.0.1:9/{TOKEN}",
        f"nosuch {DEAD}",
        f"graph site.yaml --nosuch={DEAD}",
    ],
)
def test_what_is_refused_is_refused_without_its_secret(
    words: str, tmp_path: Path, said: Callable[..., tuple[int, str]]
) -> None:
    site = write_site(tmp_path)
    status, text = said(*shlex.split(words))
    assert status in (1, 2), text
    for secret in (CANARY, TOKEN):
        assert not told(secret, text), text
        assert not files_with(secret, [tmp_path], [site])


@pytest.mark.parametrize("words", ["graph site.yaml --parameters", "graph site.yaml --json"])
def test_a_graph_is_shown_without_the_secrets_of_its_addresses(
    words: str, tmp_path: Path, said: Callable[..., tuple[int, str]]
) -> None:
    write_site(tmp_path)
    status, text = said(*words.split())
    assert status == 0, text
    assert not told(CANARY, text) + told(TOKEN, text)
    assert "rtsp://***@127.0.0.1:9/***" in text.replace("\n", "")


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("url", f"https://u:{CANARY}@h/v1"),
        ("url", f"https://h/v1?token={CANARY}"),
        ("url", f"ftp://h/{CANARY}"),
        ("url", f"https://h:{CANARY}/x"),
        ("proxy", f"socks5://u:{CANARY}@h:1"),
        ("proxy", f"http://u:{CANARY}#x@h:1"),
    ],
)
def test_a_refused_address_of_the_uplink_is_not_repeated(
    place: str, address: str, tmp_path: Path, said: Callable[..., tuple[int, str]]
) -> None:
    uplink = {"url": "https://h", "pins": ["sha256/" + "A" * 43 + "="], place: address}
    status, text = said("graph", write_site(tmp_path, uplink=uplink))
    assert status == 2
    assert f"uplink.{place}" in text
    assert not told(CANARY, text)


@pytest.mark.parametrize("password", ["p@ss/w#rd", "pa ss", "a#b"])
def test_a_password_that_must_be_encoded_is_hinted_at(
    password: str, said: Callable[..., tuple[int, str]]
) -> None:
    status, text = said("demo", "--video", f"rtsp://admin:{password}@127.0.0.1:9/live")
    assert status == 2
    assert "percent-encode" in text
    assert password not in text


def test_bad_yaml_is_told_by_its_line_and_not_by_what_stands_there(
    tmp_path: Path, said: Callable[..., tuple[int, str]]
) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        f"cameras:\n  room:\n    source: {{kind: rtsp, uri: rtsp://u:{CANARY}: x@h}}]\n"
    )
    status, text = said("graph", path)
    assert status == 2
    assert "line 3" in text
    assert not told(CANARY, text)


@pytest.mark.graph
def test_a_run_on_a_camera_that_does_not_answer_tells_its_secret_nowhere(
    tmp_path: Path, ros_domain: int
) -> None:
    """Terminal, log, report, site file, audit log, diagnostics, arguments of children."""
    pytest.importorskip("rclpy", reason="needs ROS 2 and the built workspace")
    from diagnostic_msgs.msg import DiagnosticArray
    from graph_runner import recorded
    from rcl_interfaces.msg import Log

    with (
        recorded("/diagnostics", DiagnosticArray) as diagnostics,
        recorded("/rosout", Log, kept=True) as logged,  # a quick machine has nothing to say there
    ):
        said, status, arguments = demo_on_a_dead_camera(tmp_path)
    out = tmp_path / "out"
    assert (out / "report.html").exists(), said
    assert any("privcv_core.node.process" in words for words in arguments)
    assert "rtsp://***@127.0.0.1:9/***" in said  # the camera was named, in this way
    assert any(b"rtsp://***@127.0.0.1:9/***" in message for message in diagnostics)
    assert status == 1  # nothing was released, and why
    assert "ended early: /camera/detection" in said, said
    for secret in (CANARY, TOKEN):
        assert not [words for words in arguments if secret in words]
        assert not told(secret, said)
        for form in forms_of(secret):
            assert not [message for message in (*diagnostics, *logged) if form in message]
        assert not files_with(secret, [tmp_path])


def demo_on_a_dead_camera(folder: Path) -> tuple[str, int, set[str]]:
    """What it says, its exit status, and the command lines of all that it started."""
    command = [
        sys.executable, "-c", SOON_AT_FAULT,
        "demo", "--video", DEAD, "-o", str(folder / "out"),
    ]  # fmt: skip
    started = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, text=True,
        env={**os.environ, "ROS_LOG_DIR": str(folder / "ros")},
    )  # fmt: skip
    arguments: set[str] = set()
    parent = psutil.Process(started.pid)
    while started.poll() is None:
        for child in parent.children(recursive=True):
            try:
                arguments.add(" ".join(child.cmdline()))
            except psutil.Error:
                continue
        try:
            started.wait(0.3)
        except subprocess.TimeoutExpired:
            continue
    assert started.stdout is not None
    said = started.stdout.read()
    return said, started.returncode, arguments
