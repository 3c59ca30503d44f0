# SPDX-License-Identifier: Apache-2.0
"""The examples of proxies before a collector: parsed, and started where their programs are here."""

import re
import shlex
import shutil
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from nginx_proxy import NGINX
from stored_reports import stored
from uplink_settings import uplink_settings
from waiting import wait_until

from privcv_collector.cli.collector import command as collector_command
from privcv_collector.devices.administration import issue_enrolment_token
from privcv_collector.settings import CollectorSettings
from privcv_collector.testing import running_collector
from privcv_core.protocol.demo_certificates import DemoCertificates, demo_certificates
from privcv_core.protocol.release import Release
from privcv_uplink.uplink import Uplink

EXAMPLES = Path(__file__).resolve().parents[1] / "config" / "proxies"
CADDY = shutil.which("caddy")


@dataclass(frozen=True)
class Place:
    """What a test has in place of what an example names."""

    folder: Path
    port: int
    collector: str
    tls: DemoCertificates

    def put_into(self, example: str, *replaced: tuple[str, str]) -> str:
        """An example as it runs here; whatever is to be replaced has to stand in it."""
        text = (EXAMPLES / example).read_text(encoding="utf-8")
        for before, after in (
            *replaced,
            ("127.0.0.1:8443", self.collector),
            ("/etc/privcv/tls/chain.pem", str(self.tls.certificate)),
            ("/etc/privcv/tls/key.pem", str(self.tls.key)),
        ):
            assert before in text
            text = text.replace(before, after)
        return text


def nginx(place: Place) -> list[str]:
    """The command line of an nginx with the example, which its own check has passed."""
    example = place.put_into(
        "nginx.conf",
        ("listen 443 ssl;", f"listen 127.0.0.1:{place.port} ssl;"),
        ("    listen [::]:443 ssl;\n", ""),
    )
    temporary = " ".join(
        f"{name}_temp_path {place.folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = place.folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {place.folder}/pid; error_log {place.folder}/error.log; user root;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{example}\n}}\n"
    )
    subprocess.run([str(NGINX), "-t", "-c", str(config)], check=True, capture_output=True)
    return [str(NGINX), "-c", str(config)]


def caddy(place: Place) -> list[str]:
    """The command line of a Caddy with the example, which its own check has passed."""
    site = ("collector.example.org {", f"https://localhost:{place.port} {{\n\tbind 127.0.0.1")
    example = place.put_into("Caddyfile", site)
    config = place.folder / "Caddyfile"
    config.write_text(
        "{\n\tadmin off\n\tauto_https disable_redirects\n"
        f"\tstorage file_system {place.folder}/storage\n}}\n{example}"
    )
    options = ["--adapter", "caddyfile", "--config", str(config)]
    subprocess.run([str(CADDY), "validate", *options], check=True, capture_output=True)
    return [str(CADDY), "run", *options]


PROXIES = [
    pytest.param(nginx, id="nginx", marks=pytest.mark.skipif(NGINX is None, reason="no nginx")),
    pytest.param(caddy, id="caddy", marks=pytest.mark.skipif(CADDY is None, reason="no caddy")),
]


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_device_delivers_through_the_example(
    proxy: Callable[[Place], list[str]], tmp_path: Path, release: Any
) -> None:
    tls = demo_certificates(tmp_path / "tls")
    db = f"sqlite:///{tmp_path}/c.db"
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(issue_enrolment_token(db, "office"))
    with running_collector(db, "--behind-proxy", "127.0.0.1") as collector:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            port = free.getsockname()[1]
        place = Place(tmp_path, port, collector.url.removeprefix("http://"), tls)
        server = subprocess.Popen(proxy(place), stderr=subprocess.DEVNULL)
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
            answers = through(place, "/healthz"), through(place, "/metrics")
        finally:
            uplink.stop()
            server.terminate()
            server.wait(10)
    assert [number for _, number in stored(db)] == list(range(1, 31))
    assert answers == (200, 403)  # figures of operation are nobody's outside


def through(place: Place, path: str) -> int:
    """The status that the proxy answers."""
    request = urllib.request.Request(f"https://localhost:{place.port}{path}")
    trusted = ssl.create_default_context(cafile=place.tls.ca_file)
    try:
        with urllib.request.urlopen(request, context=trusted, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_both_proxies_leave_the_collectors_limits_to_the_collector() -> None:
    """What a proxy refused for its size or time would be refused in the proxy's words."""
    nginx = (EXAMPLES / "nginx.conf").read_text(encoding="utf-8")
    caddy = (EXAMPLES / "Caddyfile").read_text(encoding="utf-8")
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


def test_the_caddyfile_closes_its_blocks_and_holds_what_caddys_manual_names() -> None:
    """Also where there is no Caddy to read it."""
    depth, directives = 0, set()
    for line in (EXAMPLES / "Caddyfile").read_text(encoding="utf-8").splitlines():
        words = line.split("#")[0].split()
        if words and words != ["}"] and depth == 1:
            directives.add(words[0])
        depth += words.count("{") - words.count("}")
        assert depth >= 0
    assert depth == 0
    assert directives == {"tls", "request_body", "respond", "reverse_proxy"}
