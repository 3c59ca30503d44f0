# SPDX-License-Identifier: Apache-2.0
"""The examples of deployment are parsed, and started where their programs are here."""

import re
import shlex
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from nginx_proxy import NGINX
from stored_reports import stored
from uplink_settings import uplink_settings
from waiting import wait_until

from privcv_collector.cli.collector import command as collector_command
from privcv_collector.devices.administration import issue_enrolment_token
from privcv_collector.settings import CollectorSettings
from privcv_collector.testing import running_collector
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_core.protocol.release import Release
from privcv_uplink.uplink import Uplink

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
    assert len(copied) == 3
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


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt install nginx)")
def test_a_device_delivers_through_the_example_of_nginx(tmp_path: Path, release: Any) -> None:
    tls = demo_certificates(tmp_path / "tls")
    db = f"sqlite:///{tmp_path}/c.db"
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(issue_enrolment_token(db, "office"))
    with running_collector(db, "--behind-proxy", "127.0.0.1") as collector:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        example = (CONFIG / "proxies" / "nginx.conf").read_text(encoding="utf-8")
        for before, after in (
            ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
            ("    listen [::]:443 ssl;\n", ""),
            ("127.0.0.1:8443", collector.url.removeprefix("http://")),
            ("/etc/privcv/tls/chain.pem", str(tls.certificate)),
            ("/etc/privcv/tls/key.pem", str(tls.key)),
        ):
            assert before in example
            example = example.replace(before, after)
        config = tmp_path / "nginx.conf"
        temporary = " ".join(
            f"{name}_temp_path {tmp_path}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config.write_text(
            f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; user root;\n"
            f"events {{}}\nhttp {{ access_log off; {temporary}\n{example}\n}}\n"
        )
        subprocess.run([str(NGINX), "-t", "-c", str(config)], check=True, capture_output=True)
        server = subprocess.Popen([str(NGINX), "-c", str(config)], stderr=subprocess.DEVNULL)
        uplink = Uplink(
            uplink_settings(
                tmp_path, url=f"https://localhost:{port}", pins=list(tls.pins),
                ca_file=tls.ca_file, enrolment_token_file=token,
            )
        )  # fmt: skip
        uplink.start()
        try:
            for number in range(1, 31):
                assert uplink.accept(Release.model_validate(release(number)))
            wait_until(lambda: uplink.status().delivered == 30, 60.0)
        finally:
            uplink.stop()
            server.terminate()
            server.wait(10)
    assert [number for _, number in stored(db)] == list(range(1, 31))


def test_both_proxies_leave_the_collectors_limits_to_the_collector() -> None:
    """What a proxy refused for its size or time would be refused in the proxy's words."""
    nginx = (CONFIG / "proxies" / "nginx.conf").read_text(encoding="utf-8")
    caddy = (CONFIG / "proxies" / "Caddyfile").read_text(encoding="utf-8")
    limits = CollectorSettings()
    assert limits.max_body_bytes == 2**20
    assert "client_max_body_size 1m;" in nginx
    assert "max_size 1MiB" in caddy
    assert f"client_body_timeout {limits.body_timeout_s:.0f}s;" in nginx
    for example in (nginx, caddy):
        assert "127.0.0.1:8443" in example
        assert re.search(r"TLSv1\.3|tls1\.3", example)
        started = re.search(r"privcv (collector .*)", example)
        assert started is not None
        options = collector_command.make_context("x", shlex.split(started[1])[1:]).params
        assert (options["host"], options["behind_proxy"]) == ("127.0.0.1", "127.0.0.1")


def test_the_caddyfile_is_read(tmp_path: Path) -> None:
    """By Caddy where it is here; else its blocks are closed and hold what Caddy's manual names."""
    path = CONFIG / "proxies" / "Caddyfile"
    caddy = shutil.which("caddy")
    if caddy is not None:
        adapt = [caddy, "adapt", "--adapter", "caddyfile", "--config", str(path)]
        subprocess.run(adapt, check=True, capture_output=True)
    depth, directives = 0, set()
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split("#")[0].split()
        if words and words != ["}"] and depth == 1:
            directives.add(words[0])
        depth += words.count("{") - words.count("}")
        assert depth >= 0
    assert depth == 0
    assert directives == {"tls", "request_body", "respond", "reverse_proxy"}
