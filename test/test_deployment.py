# SPDX-License-Identifier: Apache-2.0
"""The examples of deployment are parsed, and started where their programs are here."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from privcv_collector.cli.collector import command as collector_command
from privcv_core.protocol.demo_certificates import demo_certificates

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "config"
UNITS = sorted((CONFIG / "systemd").glob("privcv*.service"))
PROGRAM = "/opt/privcv/bin/privcv"


def parsed(arguments: list[str], tmp_path: Path) -> dict[str, Any]:
    """The options of a collector's command line, as its own parser reads them."""
    file = tmp_path / "any"
    file.touch()
    known = [str(file) if value.startswith(("/", "%d")) else value for value in arguments]
    return collector_command.make_context("privcv collector", known).params


def test_the_compose_file_starts_what_exists_with_options_that_exist(tmp_path: Path) -> None:
    content = yaml.safe_load((CONFIG / "compose.yaml").read_text(encoding="utf-8"))
    services = content["services"]
    assert set(services) == {"database", "collector", "balancer"}
    for service in services.values():
        assert set(service["networks"]) <= set(content["networks"])
        assert set(service.get("depends_on", ())) <= set(services)
        assert all(config["source"] in content["configs"] for config in service.get("configs", ()))
    build = services["collector"]["build"]
    context = (CONFIG / build["context"]).resolve()
    copied = re.findall(r"^COPY (\S+) ", build["dockerfile_inline"], re.MULTILINE)
    assert len(copied) == 4
    assert all((context / source).exists() for source in copied)
    options = parsed(services["collector"]["command"], tmp_path)
    assert (options["host"], options["port"]) == ("0.0.0.0", 8443)
    assert options["tls_cert"] is not None
    assert options["tls_key"] is not None
    balanced = content["configs"]["balancer"]["content"]
    assert f"collector:{options['port']}" in balanced
    assert services["balancer"]["ports"] == ["8443:8443"]
    url = services["collector"]["environment"]["PRIVCV_COLLECTOR_DB"]
    assert url.endswith("@database/privcv")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_reads_each_unit_without_a_word(unit: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze")
    for file in (CONFIG / "systemd").glob("privcv*"):
        text = file.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
        (tmp_path / file.name.replace("@.", "@lobby.")).write_text(text)
    name = tmp_path / unit.name.replace("@.", "@lobby.")
    answer = subprocess.run(
        [analyze, "verify", "--man=no", "--recursive-errors=no", str(name)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in answer.stderr.splitlines() if "privcv" in line]
    assert (answer.returncode, ours) == (0, []), answer.stderr


def test_the_collectors_unit_starts_a_collector(tmp_path: Path) -> None:
    """Its command line, with credentials in a folder and a port that is free."""
    text = (CONFIG / "systemd" / "privcv-collector.service").read_text(encoding="utf-8")
    text = text.replace("\\\n", " ")
    found = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert found is not None
    program, name, *arguments = shlex.split(found[1])
    assert (program, name) == (PROGRAM, "collector")
    tls = demo_certificates(tmp_path / "tls")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    for credential in re.findall(r"^LoadCredential=([a-z-]+):", text, re.MULTILINE):
        (credentials / credential).touch(0o600)
    (credentials / "tls-cert").write_bytes(tls.certificate.read_bytes())
    (credentials / "tls-key").write_bytes(tls.key.read_bytes())
    (credentials / "admin-token").write_text("x" * 40)
    arguments = [value.replace("%d", str(credentials)) for value in arguments]
    arguments[arguments.index("--port") + 1] = "0"
    arguments[arguments.index("--host") + 1] = "127.0.0.1"
    process = subprocess.Popen(
        [sys.executable, "-m", "privcv_collector", *arguments, "--db", f"sqlite:///{tmp_path}/c.db"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert "listening on https://127.0.0.1:" in process.stdout.readline()
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.stdout.close()
