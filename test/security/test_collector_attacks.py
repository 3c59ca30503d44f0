# SPDX-License-Identifier: Apache-2.0
"""A real collector, and strangers, readers and one device that send it whatever comes to mind.

Nothing they send ends in an error of the server, changes what is not theirs, or is told back.
"""

import copy
import http.client
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from collector_client import Device
from handmade_tpm import HandmadeTpm
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from releases import make_release

from privcv_collector.api.app import create_app
from privcv_collector.collector import Collector
from privcv_collector.devices.administration import issue_access_token, issue_enrolment_token
from privcv_collector.settings import CollectorSettings
from privcv_collector.testing import running_collector

TABLES = ("sites", "devices", "device_keys", "access_tokens", "enrolment_tokens", "batches",
          "zone_reports", "checkpoints", "admin_actions")  # fmt: skip
ROLES = ("nobody", "auditor", "admin of another site")
bounded = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70)
    | st.sampled_from(["office", "elsewhere", "admin", "0" * 32, "../x", "{{ 1 }}", "\x00", "é"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)  # fmt: skip

WISHES = st.sampled_from(
    [
        {"site": "office"},
        {"name": "mine", "role": "admin", "sites": ["office"]},
        {"name": "mine", "role": "admin", "sites": []},
        {"name": "mine", "role": "viewer", "sites": ["elsewhere", "office"]},
    ]
)
"""What would be granted to an administrator of the site, or of all."""

SIGNABLE = (
    st.none() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=70)
    | st.lists(st.integers(0, 9), max_size=3)
)  # fmt: skip
ID = "0" * 16


class Attacked:
    """A collector with one device, an administrator of another site, and a secret to find."""

    def __init__(self, url: str, database: Path) -> None:
        self.url, self.database = url, database
        self.device = Device(url)
        sqlite = f"sqlite:///{database}"
        assert self.device.enrol(issue_enrolment_token(sqlite, "office")).status == 201
        assert self.device.send(make_release(1)).status == 200
        self.tokens = {
            "nobody": "",
            "auditor": issue_access_token(sqlite, "a", "auditor", ["elsewhere"]),
            "admin of another site": issue_access_token(sqlite, "b", "admin", ["elsewhere"]),
        }
        issue_access_token(sqlite, "reader", "viewer", ["office"])
        self.unused = issue_enrolment_token(sqlite, "office")

    def rows(self) -> dict[str, list[Any]]:
        """All that is not of the other site, and no record of what was refused."""
        with closing(sqlite3.connect(self.database)) as db:
            found = {table: db.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}
        theirs = [row[0] for row in found["sites"] if "elsewhere" in row]
        for table, rows in found.items():
            found[table] = [
                row for row in rows
                if "elsewhere" not in str(row)
                and not (table == "enrolment_tokens" and any(pk in row for pk in theirs))
            ]  # fmt: skip
        return found

    def ask(self, method: str, path: str, body: bytes, token: str = "") -> tuple[int, str]:
        """One request on a connection of its own: status and text of the answer."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            endless = answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
            return answer.status, (answer.read1() if endless else answer.read()).decode()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("collector")
    (folder / "limits.yaml").write_text("{peer_rate_hz: 1.0e6, open_rate_hz: 1.0e6}")
    database = folder / "c.db"
    with running_collector(
        f"sqlite:///{database}", "--limits", str(folder / "limits.yaml")
    ) as collector:
        yield Attacked(collector.url, database)


def routes(folder: Path) -> list[tuple[str, str]]:
    """Every method and path that the collector serves, and some that it does not."""
    collector = Collector(CollectorSettings(db=f"sqlite:///{folder}/routes.db"))
    try:
        paths = create_app(collector).openapi()["paths"]
    finally:
        collector.close()
    served = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    return [*served, ("GET", "/"), ("GET", "/docs"), ("PUT", "/v1/batches"), ("POST", "/v1/x")]


@pytest.mark.parametrize("role", ROLES)
def test_no_body_on_any_route_breaks_or_changes_anything(
    attacked: Attacked, tmp_path: Path, role: str
) -> None:
    token, before = attacked.tokens[role], attacked.rows()
    envelope = attacked.device.batch(make_release(2))
    secrets = {attacked.unused, *attacked.tokens.values()} - {token, ""}
    everywhere = routes(tmp_path)
    assert len(everywhere) >= 20

    def attack_on(method: str, path: str) -> None:
        @bounded
        @given(data=st.data())
        def attack(data: st.DataObject) -> None:
            place = path
            for name, theirs in (("device", attacked.device.name), ("name", "reader"), ("id", ID)):
                word = data.draw(st.text(max_size=40) | st.just(theirs), label=name)
                place = place.replace(f"{{{name}}}", quote(word, safe="") or "x")
            kind = data.draw(st.sampled_from(["bytes", "json", "forged"]))
            if kind == "bytes":
                body = data.draw(st.binary(max_size=200))
            elif kind == "json":
                body = json.dumps(data.draw(JSON | WISHES)).encode(errors="surrogatepass")
            else:
                body = forged(data, envelope)
            status, said = attacked.ask(method, place, body, token)
            missing = status == 501 and path.endswith(".parquet")  # where pyarrow is not installed
            assert status < 500 or missing, (method, place, body, said)
            assert not any(secret in said for secret in secrets)
            if status >= 400:
                assert {"error", "message"} <= set(json.loads(said))

        attack()

    for method, path in everywhere:
        attack_on(method, path)
    assert attacked.rows() == before
    assert attacked.ask("GET", "/healthz", b"")[0] == 200


def forged(data: st.DataObject, envelope: bytes) -> bytes:
    """A batch of the device, with one member exchanged: its signature fits no longer."""
    content = json.loads(envelope)
    content[data.draw(st.sampled_from(sorted(content)))] = data.draw(JSON)
    if content == json.loads(envelope):
        content["signature"] = ""
    return json.dumps(content).encode(errors="surrogatepass")


@pytest.mark.parametrize("path", ["devices", "batches", "keys", "checkpoints", "evidence"])
def test_no_signed_body_of_a_bad_device_breaks_or_reaches_another(
    attacked: Attacked, path: str
) -> None:
    """The device, and a stranger with keys of its own, sign whatever they like."""
    new = Device(attacked.url)
    key = {"alg": "Ed25519", "key": new.key.public, "key_id": new.key.key_id}
    bodies: dict[str, Any] = {
        "devices": {"enrol": {**key, "token": "enrol-" + "A" * 43}},
        "batches": {"dropped": 0, "releases": [make_release(3), make_release(4)]},
        "keys": {"rotate": key},
        "evidence": {"evidence": HandmadeTpm().evidence(bytes(32), attacked.device.key.public)},
        "checkpoints": {
            "checkpoint": {
                "heads": {"camera": {"hash": "a" * 64, "sequence": 4}},
                "time": "2026-01-31T08:00:00Z",
            }
        },
    }
    signer = new if path == "devices" else attacked.device
    before = [row for row in attacked.rows()["devices"] if attacked.device.name not in row]

    @settings(bounded, max_examples=80)
    @given(data=st.data())
    def attack(data: st.DataObject) -> None:
        body = copy.deepcopy(bodies[path])
        holder, name = data.draw(st.sampled_from(list(parts_of(body))))
        holder[name] = data.draw(SIGNABLE)
        sequence = data.draw(st.sampled_from([0, signer.sequence, 2**53 - 1]))
        device = data.draw(st.sampled_from([signer.name, "0" * 32, attacked.device.name]))
        now = datetime.now(timezone.utc)
        raw = signer.sealed(body, sequence, now, device=device)
        answer = signer.post(raw, f"/v1/{path}")
        assert answer.status < 500, (raw, answer.content)
        if answer.status == 200 and path == "batches":
            signer.sequence = answer.content["next_sequence"]

    attack()
    after = [row for row in attacked.rows()["devices"] if attacked.device.name not in row]
    assert after == before


def parts_of(content: Any) -> Iterator[tuple[Any, Any]]:
    """Each member of each list and mapping in ``content``, as its holder and its name."""
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for name, value in list(items):
        yield content, name
        if isinstance(value, (dict, list)):
            yield from parts_of(value)
