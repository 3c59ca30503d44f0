# SPDX-License-Identifier: Apache-2.0
"""Every reader of a secret, in every package, accepts and refuses the same files.

A reader is called with the path of a file of the right content; only how the file lies there
differs. It must not wait for a pipe, and a refusal must say how to mend it.
"""

import asyncio
import logging
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from privcv_collector.cli.collector import command
from privcv_collector.devices.access import AccessTokens
from privcv_collector.errors import CollectorError
from privcv_collector.serve import Address, serve
from privcv_collector.settings import CollectorSettings
from privcv_core.errors import PrivcvError
from privcv_core.files.secret_file import MAX_SECRET_BYTES
from privcv_core.protocol.demo_certificates import Authority
from privcv_core.protocol.person_keys import create_key, load_key
from privcv_uplink.delivery import device_keys
from privcv_uplink.delivery.enrolment import DeviceIdentity
from privcv_uplink.delivery.outcome import Verdict
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.transports.open import open_transport
from privcv_uplink.transports.pinning import file_pin
from privcv_uplink.transports.transport import Reply, TransportError

ROOT = os.geteuid() == 0
STRANGER = 12345
NOWHERE = "203.0.113.1"
"""An address that no machine has (RFC 5737), so that nothing can listen there."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one good file for each reader."""
    folder = tmp_path_factory.mktemp("kept")
    device_keys.new(folder / "uplink-key.json")
    create_key(folder / "officer.pem")
    Authority(folder).issue("server", ["localhost"])
    for name in ("enrolment-token", "password", "admin-token"):
        (folder / name).write_text("enrol-a-token-of-forty-three-characters-of-base64\n")
        (folder / name).chmod(0o600)
    return folder


def uplink(kept: Path, **changes: Any) -> UplinkSettings:
    settings = {"url": "https://localhost:1", "pins": ["sha256/" + "A" * 43 + "="]}
    return UplinkSettings.model_validate(
        {**settings, "key_file": kept / "uplink-key.json", "retry": {"connect_timeout_s": 2}}
        | changes
    )


def enrol(kept: Path, path: Path) -> None:
    """The uplink enrols with the token in ``path``: it goes out, or the log says why not."""
    sent: list[bytes] = []

    class Recorder:
        async def post(self, _endpoint: str, content: bytes, _device: str, _sequence: int) -> Reply:
            sent.append(content)
            return Reply(201)

        async def close(self) -> None: ...

    settings = uplink(kept, enrolment_token_file=path)
    identity = DeviceIdentity(settings, Recorder(), lambda: datetime.now(timezone.utc))
    unknown = Reply(401, {"error": "unknown_device", "message": "not enrolled here"})
    outcome = asyncio.run(identity.settle(unknown, device_keys.read(settings.key_file)))
    assert (outcome.verdict is Verdict.BLOCKED) == (not sent)
    if not sent:
        raise Blocked


def broker(kept: Path, path: Path) -> None:
    """The uplink reads the broker's password from ``path`` when it connects."""
    mqtt = {"username": "device", "password_file": path}
    transport = open_transport(uplink(kept, url="mqtts://localhost:1", mqtt=mqtt))

    async def connect() -> None:
        try:
            with pytest.raises(TransportError) as refused:
                await transport.post("batches", b"{}", "0" * 32, 1)
        finally:
            await transport.close()
        if refused.value.blocked:
            raise Blocked

    asyncio.run(connect())


def client_key(url: str) -> Callable[[Path, Path], None]:
    def read(kept: Path, path: Path) -> None:
        certificate = kept / "server.pem"
        open_transport(uplink(kept, url=url, client_certificate=certificate, client_key=path))

    return read


def collector_tls(kept: Path, path: Path) -> None:
    """The collector loads its private key before it listens, which cannot succeed there."""
    address = Address(NOWHERE, 0, tls_cert=kept / "server.pem", tls_key=path)
    with pytest.raises(CollectorError, match="cannot listen"):
        serve(CollectorSettings(), address)


def admin_token(_kept: Path, path: Path) -> None:
    AccessTokens(None, path)  # type: ignore[arg-type]  # the file is read first


class Blocked(Exception):
    """A reader whose caller goes on without the secret; the reason is in the log."""


READERS: dict[str, tuple[str, Callable[[Path, Path], object]]] = {
    "device keys": ("uplink-key.json", lambda _kept, path: device_keys.read(path)),
    "enrolment token": ("enrolment-token", enrol),
    "broker's password": ("password", broker),
    "client key, https": ("server.key", client_key("https://localhost:1")),
    "client key, mqtt": ("server.key", client_key("mqtts://localhost:1")),
    "spare key to pin": ("server.key", lambda _kept, path: file_pin(path)),
    "person's key": ("officer.pem", lambda _kept, path: load_key(path)),
    "collector's key": ("server.key", collector_tls),
    "collector's admin token": ("admin-token", admin_token),
}


@pytest.fixture(params=READERS, name="reader")
def _reader(
    request: pytest.FixtureRequest, kept: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> Any:
    """``path``: a good file to spoil. ``refusal(path)``: why the reader refuses it, else ''."""
    name, read = READERS[request.param]

    class Reader:
        path = Path(shutil.copy(kept / name, tmp_path / name))

        @staticmethod
        def refusal(path: Path) -> str:
            caplog.clear()
            try:
                with caplog.at_level(logging.ERROR):
                    read(kept, path)
            except Blocked:
                return caplog.text
            except PrivcvError as error:
                return str(error)
            return ""

    Reader.path.chmod(0o600)
    return Reader()


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_a_file_of_its_owner_alone_is_read(reader: Any, mode: int) -> None:
    reader.path.chmod(mode)
    assert reader.refusal(reader.path) == ""


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o440, 0o610, 0o444])
def test_what_others_may_read_or_write_is_refused_with_the_fix(reader: Any, mode: int) -> None:
    reader.path.chmod(mode)
    assert f"chmod 600 {reader.path}" in reader.refusal(reader.path)


def test_a_systemd_credential_is_read(reader: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """systemd makes it root's, 0440: the group's bit is the mask of the access list."""
    reader.path.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(reader.path.parent))
    assert reader.refusal(reader.path) == ""
    for mode in (0o444, 0o460, 0o441):
        reader.path.chmod(mode)
        assert "chmod 600" in reader.refusal(reader.path)


def test_a_credential_of_another_folder_is_no_credential(
    reader: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reader.path.chmod(0o440)
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "link").symlink_to(reader.path)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    assert "chmod 600" in reader.refusal(reader.path)
    assert "chmod 600" in reader.refusal(tmp_path / "credentials" / "link")


def test_links_as_certbot_and_kubernetes_make_them_are_followed(
    reader: Any, tmp_path: Path
) -> None:
    (tmp_path / "..2026").mkdir()
    reader.path.rename(tmp_path / "..2026" / reader.path.name)
    (tmp_path / "..data").symlink_to("..2026")
    reader.path.symlink_to(Path("..data") / reader.path.name)
    assert reader.refusal(reader.path) == ""
    reader.path.resolve().chmod(0o644)
    assert "chmod 600" in reader.refusal(reader.path)


def test_a_kubernetes_secret_for_a_group_is_a_credential_where_its_mount_is_named(
    reader: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pod with an ``fsGroup`` gets it as root's, 0440, behind two links."""
    (tmp_path / "..2026").mkdir()
    reader.path.rename(tmp_path / "..2026" / reader.path.name)
    (tmp_path / "..data").symlink_to("..2026")
    reader.path.symlink_to(Path("..data") / reader.path.name)
    reader.path.resolve().chmod(0o440)
    assert "chmod 600" in reader.refusal(reader.path)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert reader.refusal(reader.path) == ""


@pytest.mark.skipif(not ROOT, reason="needs root to give files away")
def test_what_belongs_to_another_user_is_refused(reader: Any, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(reader.path)
    os.lchown(link, STRANGER, STRANGER)
    assert "another user made" in reader.refusal(link)
    os.chown(reader.path, STRANGER, STRANGER)
    assert f"chown {os.geteuid()} {reader.path}" in reader.refusal(reader.path)


def test_a_pipe_or_a_device_is_refused_without_waiting(reader: Any, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    (tmp_path / "device").symlink_to("/dev/zero")
    (tmp_path / "circle").symlink_to("circle")
    for name in ("pipe", "folder", "device"):
        assert "is not a regular file" in reader.refusal(tmp_path / name)
    assert "symbolic links" in reader.refusal(tmp_path / "circle")
    assert "No such file" in reader.refusal(tmp_path / "absent")


def test_a_file_that_is_too_large_is_refused(reader: Any) -> None:
    with reader.path.open("ab") as file:
        file.write(b"\n" * (MAX_SECRET_BYTES + 1))
    assert f"larger than {MAX_SECRET_BYTES} bytes" in reader.refusal(reader.path)


@pytest.mark.parametrize(
    ("mode", "url", "said"),
    [
        (0o644, "postgresql://privcv:secret@localhost/totals", "chmod 600"),
        (0o644, "postgresql://localhost/totals?user=privcv&password=secret", "chmod 600"),
        (0o644, "postgresql://privcv@localhost/totals", "cannot listen"),
        (0o600, "postgresql://privcv:secret@localhost/totals", "cannot listen"),
    ],
)
def test_a_limits_file_with_the_databases_password_is_a_secret(
    tmp_path: Path, mode: int, url: str, said: str
) -> None:
    limits = tmp_path / "limits.yaml"
    limits.write_text(f"db: {url}\n")
    limits.chmod(mode)
    done = CliRunner().invoke(command, ["--limits", str(limits), "--host", NOWHERE])
    assert isinstance(done.exception, PrivcvError)
    assert said in str(done.exception)
    assert "secret" not in str(done.exception)
