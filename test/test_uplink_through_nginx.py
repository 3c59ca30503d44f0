# SPDX-License-Identifier: Apache-2.0
"""An uplink through a real nginx: its limits make batches smaller, its pages give nothing up."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from nginx_proxy import NGINX, nginx
from uplink_settings import uplink_settings
from waiting import wait_until

from privcv_collector.devices.administration import issue_enrolment_token
from privcv_collector.testing import running_collector
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_core.protocol.release import Release
from privcv_uplink.uplink import Uplink

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed (apt install nginx)")
Make = Callable[..., Any]


def test_what_nginx_refuses_waits_or_arrives_in_smaller_batches(
    tmp_path: Path, release: Make
) -> None:
    tls = demo_certificates(tmp_path / "tls")
    db = f"sqlite:///{tmp_path}/collector.db"
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(issue_enrolment_token(db, "office"))
    with (
        running_collector(db, "--behind-proxy", "127.0.0.1") as collector,
        nginx(tmp_path / "nginx", tls, f"proxy_pass {collector.url};") as proxy,
    ):
        passes = f"proxy_pass {collector.url};"
        settings = uplink_settings(
            tmp_path,
            url=proxy.url,
            pins=list(tls.pins),
            ca_file=tls.ca_file,
            enrolment_token_file=token,
        )
        uplink = Uplink(settings)
        uplink.start()

        def accept(first: int, last: int) -> None:
            for sequence in range(first, last + 1):
                assert uplink.accept(Release.model_validate(release(sequence)))

        accept(1, 1)
        wait_until(lambda: uplink.status().delivered == 1, 60.0)
        for status in (403, 413, 422, 200):
            proxy.configure(f'default_type text/html; return {status} "<html>no</html>";')
            wait_until(lambda: uplink.status().state == "idle", 60.0)
            accept(uplink.status().accepted_through + 1, uplink.status().accepted_through + 5)
            wait_until(lambda: uplink.status().last_error, 60.0)
            wait_until(lambda status=status: proxy.answers.count(status) >= 4, 60.0)
            assert (uplink.status().pending, uplink.status().dropped) == (5, 0)
            proxy.configure(passes)
            wait_until(lambda: uplink.status().pending == 0, 60.0)
        uplink.stop()
        uplink = Uplink(settings)  # which has forgotten how small batches had to be
        proxy.configure(f"client_max_body_size 2k; {passes}")
        refused = proxy.answers.count(413)
        accept(22, 60)  # before it starts: full batches wait
        uplink.start()
        wait_until(lambda: uplink.status().delivered == 60, 60.0)
        assert proxy.answers.count(413) > refused
        uplink.stop()
    with closing(sqlite3.connect(tmp_path / "collector.db")) as database:
        stored = database.execute("SELECT release FROM releases ORDER BY 1").fetchall()
    assert stored == [(sequence,) for sequence in range(1, 61)]
