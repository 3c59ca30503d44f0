# SPDX-License-Identifier: Apache-2.0
"""Evidence: a nonce is asked for and quoted, every half hour; what fails holds up no report."""

from collections.abc import Callable
from typing import Any

import pytest
from fake_collector import Collector, delivering, fill, refusal, until
from handmade_tpm import HandmadeTpm

from privcv_across.attestation.attestation_key import load_attestation_key
from privcv_across.errors import TpmError
from privcv_core.errors import KeyFileError
from privcv_core.protocol import base64url
from privcv_core.protocol.canonical_json import canonical
from privcv_uplink.delivery import device_keys
from privcv_uplink.delivery.evidence_delivery import RETRY_S, EvidenceDelivery, quoting
from privcv_uplink.transports.transport import Reply, TransportError

Make = Callable[..., Any]
NONCE = bytes(range(32))


def shown(collector: Collector) -> list[Any]:
    """The evidence of each request, None where only a nonce was asked for."""
    sent = [body for endpoint, body in collector.requests if endpoint == "evidence"]
    assert all(body["sequence"] == 0 and body["signature"] for body in sent)
    return [body["body"]["evidence"] for body in sent]


def answered(status: str, nonce: bytes = b"") -> Reply:
    reason = "" if status == "affirming" else "pcrs: 7"
    return Reply(200, {"status": status, "reason": reason, "nonce": base64url.encode(nonce)})


def appraising(*statuses: str) -> Callable[..., Reply | None]:
    """A collector that gives a nonce to who asks; to a quote the next of ``statuses``."""
    left = list(statuses)

    def answer(endpoint: str, body: Any, raw: bytes) -> Reply | None:
        if endpoint != "evidence":
            return None
        return answered("none", NONCE) if body["body"]["evidence"] is None else said()

    def said() -> Reply:
        status = left.pop(0)
        return answered("none", NONCE) if status == "again" else answered(status)

    return answer


def handmade(tpm: HandmadeTpm) -> Callable[[bytes, str], bytes]:
    return lambda nonce, device: canonical(tpm.evidence(nonce, device))


async def test_it_quotes_the_nonce_that_it_was_given(make_settings: Make) -> None:
    asked: list[tuple[bytes, str]] = []
    tpm, collector = HandmadeTpm(), Collector(appraising("affirming"))

    def quote(nonce: bytes, device: str) -> bytes:
        asked.append((nonce, device))
        return handmade(tpm)(nonce, device)

    async with delivering(make_settings(), collector) as (delivery, _):
        delivery.evidence(quote)
        await until(lambda: len(shown(collector)) == 2)
        public = delivery._identity.keys().newest.public
        await until(lambda: delivery._evidence.due_in_s() > RETRY_S)
        assert delivery._evidence.due_in_s() <= EvidenceDelivery.every_s
    assert asked == [(NONCE, public)]
    assert [one and one["device"] for one in shown(collector)] == [None, public]


async def test_a_nonce_that_became_too_old_is_quoted_anew_and_not_for_ever(
    make_settings: Make,
) -> None:
    collector = Collector(appraising("again", "again", "again"))
    async with delivering(make_settings(), collector) as (delivery, _):
        delivery.evidence(handmade(HandmadeTpm()))
        await until(lambda: 0 < delivery._evidence.due_in_s() <= RETRY_S)
    assert [one is None for one in shown(collector)] == [True, False, False]


@pytest.mark.parametrize(
    "reply",
    [
        refusal(404, "not_found"),  # a collector of before
        Reply(404, media_type="text/html"),
        Reply(200, {"nonce": 5}),
        Reply(200, {"nonce": "?"}),
        Reply(200, {"nonce": "AAAA"}),
        answered("none"),
        TransportError("nobody subscribes at the broker", blocked=True),
    ],
    ids=str,
)
async def test_where_nobody_takes_it_nothing_is_quoted_and_reports_go_on(
    make_settings: Make, release: Make, reply: Reply | Exception
) -> None:
    collector = Collector(lambda endpoint, *_: reply if endpoint == "evidence" else None)
    async with delivering(make_settings(), collector) as (delivery, outbox):
        delivery.evidence(handmade(HandmadeTpm()))
        await until(lambda: 0 < delivery._evidence.due_in_s() <= RETRY_S)
        fill(outbox, delivery, release)
        await until(lambda: outbox.contents().delivered == 5)
        await until(lambda: delivery.state == "idle")
        assert delivery.last_error == ""
    assert shown(collector) == [None]


async def test_a_refusal_or_a_tpm_that_fails_is_logged_and_tried_soon(
    make_settings: Make, caplog: pytest.LogCaptureFixture
) -> None:
    collector, tpm = Collector(appraising("contraindicated", "affirming")), HandmadeTpm()
    fails = [TpmError("TPM: quote: is gone")]

    def quote(nonce: bytes, device: str) -> bytes:
        if fails:
            raise fails.pop()
        return handmade(tpm)(nonce, device)

    async with delivering(make_settings(), collector) as (delivery, _):
        for words in ("TPM: quote: is gone", "'contraindicated': 'pcrs: 7'"):
            delivery.evidence(quote)
            await until(lambda: 0 < delivery._evidence.due_in_s() <= RETRY_S)
            assert words in caplog.text
        delivery.evidence(quote)
        await until(lambda: delivery._evidence.due_in_s() > RETRY_S)


async def test_a_device_that_signs_with_a_secret_shows_none(make_settings: Make) -> None:
    """Its collector could sign the same."""
    collector, settings = Collector(appraising()), make_settings()
    settings.key_file.unlink()
    device_keys.new(settings.key_file, "HMAC-SHA256")
    async with delivering(settings, collector) as (delivery, _):
        delivery.evidence(handmade(HandmadeTpm()))
        await until(lambda: 0 < delivery._evidence.due_in_s() <= RETRY_S)
    assert shown(collector) == [None]


@pytest.mark.parametrize("content", ["", "[]", '{"v":2}', '{"v":1,"public":"?","private":""}'])
def test_a_key_file_that_is_none_says_so(tmp_path: Any, content: str) -> None:
    path = tmp_path / "attestation-key.json"
    with pytest.raises(KeyFileError, match="privcv attest request"):
        quoting("device:/dev/none", path)(NONCE, "")
    path.touch(0o600)
    path.write_text(content)
    with pytest.raises(TpmError, match="make a new one"):
        load_attestation_key(path)
