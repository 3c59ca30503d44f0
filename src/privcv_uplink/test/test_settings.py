# SPDX-License-Identifier: Apache-2.0
"""Settings that would send reports in the clear, or nowhere, are refused with the field's name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from privcv_uplink.settings import UplinkSettings, default_key_file

PIN = "sha256/" + "A" * 43 + "="


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "http://collector.example.org"}, "must be https://HOST or mqtts://HOST"),
        ({"url": "mqtt://broker.example.org"}, "must be https://HOST or mqtts://HOST"),
        ({"url": "https://"}, "must be https://HOST"),
        ({"url": "https://user@collector.example.org"}, "must not hold a user"),
        ({"url": "https://collector.example.org:99999"}, "Port out of range"),
        ({"pins": []}, "at least 1"),
        ({"pins": ["sha256/short"]}, "must look like sha256/"),
        ({"pins": [PIN, PIN]}, "names one pin twice"),
        ({"client_certificate": "device.pem"}, "name both or neither"),
        ({"proxy": "https://proxy.example.org"}, "must be http://HOST:PORT"),
        ({"pin": [PIN]}, "Extra inputs"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_meant_is_refused(
    make_settings: Callable[..., UplinkSettings], changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        make_settings(**changes)


@pytest.mark.parametrize(
    ("url", "transport", "host", "port"),
    [
        ("https://collector.example.org", "https", "collector.example.org", 443),
        ("https://collector.example.org:8443/path/", "https", "collector.example.org", 8443),
        ("mqtts://broker.example.org", "mqtt", "broker.example.org", 8883),
        ("https://[::1]:8443", "https", "::1", 8443),
    ],
)
def test_the_url_says_transport_host_and_port(
    make_settings: Callable[..., UplinkSettings], url: str, transport: str, host: str, port: int
) -> None:
    settings = make_settings(url=url)
    assert (settings.transport, settings.host, settings.port) == (transport, host, port)
    assert not settings.url.endswith("/")


def test_a_systemd_credential_goes_before_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert default_key_file() == tmp_path / "state" / "uplink-key.json"
    (tmp_path / "uplink-key").touch()
    assert default_key_file() == tmp_path / "uplink-key"
