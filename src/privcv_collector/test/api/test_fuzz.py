# SPDX-License-Identifier: Apache-2.0
"""The API against its own description: whatever is sent, no 5xx, and answers as described."""

import copy
import json
from datetime import datetime, timezone

import pytest
import schemathesis
from handmade_tpm import HandmadeTpm
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from site_records import make_site_record
from sqlalchemy import insert

from privcv_collector.storage.attestation_tables import attesters
from privcv_collector.storage.database import writing

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
bounded = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)


@pytest.fixture
def api(running, tmp_path, release):
    """A collector with something in it, and without limits on the rate."""
    with running(f"sqlite:///{tmp_path}/c.db", device_rate_hz=1e6, peer_rate_hz=1e6) as server:
        device = server.enrolled()
        device.send(release(1))
        device.send(release(2), sequence=9)
        yield server, device


@pytest.mark.parametrize("role", ["nobody", "auditor", "admin"])
def test_requests_made_from_the_description(api, role):
    server, _ = api
    description = server.app.openapi()
    headers = {} if role == "nobody" else {"Authorization": f"Bearer {server.token(role)}"}
    schema = schemathesis.openapi.from_dict(description)
    seen = set()
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.label == "GET /v1/events":
            continue  # it has no end
        seen.add(operation.label)
        strategy = operation.as_strategy() | operation.as_strategy(
            generation_mode=schemathesis.GenerationMode.NEGATIVE
        )

        @bounded
        @given(case=strategy)
        def attack(case):
            answer = case.call(base_url=server.url, headers=headers, timeout=30)
            checks = list(CHECKS)
            if answer.status_code == 501 and case.operation.label.endswith(".parquet"):
                checks.remove(not_a_server_error)  # pyarrow is not installed here
            case.validate_response(answer, checks=checks)
            if answer.status_code >= 400:
                assert set(answer.json()) >= {"error", "message"}

        attack()
    assert len(seen) >= 17


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-1e9, 1e9)
    | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "path", ["/v1/batches", "/v1/keys", "/v1/checkpoints", "/v1/site-records", "/v1/evidence"]
)
def test_bodies_that_a_device_signed_but_should_not_have(api, release, path):
    """A compromised device: valid envelopes around a valid body with one part exchanged."""
    server, device = api
    tpm = HandmadeTpm()
    with writing(server.collector.engine).begin() as connection:
        enrolled = {"clock_ms": 0, "resets": 0, "restarts": 0, "finding": "", "refused": False}
        connection.execute(insert(attesters).values(device_pk=1, name=tpm.name, **enrolled))
    key = {"alg": "Ed25519", "key": device.key.public, "key_id": device.key.key_id}
    head = {"hash": "a" * 64, "sequence": 4}
    bodies = {
        "/v1/batches": {"dropped": 0, "releases": [release(2), release(3)]},
        "/v1/keys": {"rotate": key},
        "/v1/checkpoints": {
            "checkpoint": {"heads": {"camera": head}, "time": "2026-01-31T08:00:00Z"}
        },
        "/v1/evidence": {"evidence": tpm.evidence(bytes(32), device.key.public)},
        "/v1/site-records": {
            "site_record": {"content": make_site_record().content(), "version": 1}
        },
    }

    @settings(bounded, max_examples=150)
    @given(data=st.data())
    def attack(data):
        body = copy.deepcopy(bodies[path])
        places = list(parts_of(body))
        holder, name = data.draw(st.sampled_from(places))
        holder[name] = data.draw(JSON)
        if path == "/v1/evidence":  # there is always a nonce that waits for a quote
            assert device.post(device.sealed({"evidence": None}, 0), path).content["nonce"]
        sequence = device.sequence if path == "/v1/batches" else 0
        raw = device.sealed(body, sequence, datetime.now(timezone.utc))
        answer = device.post(raw, path)
        assert answer.status < 500, json.dumps(body)
        if answer.status == 200 and path == "/v1/batches":
            device.sequence = answer.content["next_sequence"]
        elif answer.status != 200:
            assert set(answer.content) >= {"error", "message"}

    attack()


def parts_of(content):
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for name, value in list(items):
        yield content, name
        if isinstance(value, (dict, list)):
            yield from parts_of(value)
