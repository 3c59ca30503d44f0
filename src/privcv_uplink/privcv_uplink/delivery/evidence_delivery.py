# SPDX-License-Identifier: Apache-2.0
"""Evidence of the device's state: a nonce is asked for, a quote is made for it and sent.

Every half hour, and five minutes after one that came to nothing good. What the collector makes of
it is a finding there, and holds up no report here.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from privcv_across.attestation.attestation_key import QUOTED, load_attestation_key
from privcv_across.attestation.evidence import MOST_TPM_BYTES, qualifying
from privcv_across.attestation.tpm_device import Tpm
from privcv_across.errors import TpmError
from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError
from privcv_uplink.delivery.health_delivery import HealthDelivery
from privcv_uplink.delivery.outcome import Outcome, Verdict
from privcv_uplink.transports.transport import Endpoint, Reply

MakeEvidence = Callable[[bytes, str], bytes]
"""(nonce, the device's public key) → evidence, canonical JSON; raises ``TpmError``."""

RETRY_S = 300.0
"""From one that was not taken as good to the next, s."""

_AGAIN = 2
"""Quotes in a row, where the nonce became too old on the way."""


def quoting(tcti: str, key_file: Path) -> MakeEvidence:
    """Evidence by the TPM that ``tcti`` names, with the attestation key in a file."""

    def make(nonce: bytes, device: str) -> bytes:
        key = load_attestation_key(key_file)
        with Tpm(tcti) as tpm:
            made = tpm.quote(key, qualifying(nonce, device), QUOTED, device).encode()
        if len(made) > MOST_TPM_BYTES:
            raise TpmError(f"TPM: quote: {len(made)} bytes; at most {MOST_TPM_BYTES} are sent")
        return made

    return make


class EvidenceDelivery(HealthDelivery):
    """What ``quote`` makes, for one task of one event loop; it is called on a thread."""

    what = "evidence"
    endpoint: Endpoint = "evidence"
    every_s = 1800.0
    """A result counts for an hour by default: one that is lost leaves no gap."""

    _quote: MakeEvidence

    def show(self, quote: MakeEvidence) -> None:
        """From now on, show what ``quote`` makes."""
        self._quote = quote
        self.put(lambda: b'{"evidence":null}')

    async def send(self) -> Outcome:
        """Ask for a nonce, and show a quote for it. Raises ``TransportError``, ``KeyFileError``."""
        reply, settled = await self._asked()
        if settled is not None:
            return settled
        for _ in range(_AGAIN):
            nonce = _nonce_in(reply)
            if not nonce:
                break
            device = self._identity.keys()
            if device.newest.alg != "Ed25519":
                return Outcome(Verdict.LATER, "evidence: the device's key must be of Ed25519")
            try:
                made = await asyncio.to_thread(self._quote, nonce, device.newest.public)
            except TpmError as error:
                return Outcome(Verdict.LATER, f"evidence: {error}")
            reply, _ = await self._post(b'{"evidence":%s}' % made)
        return _came_of(reply)

    def note(self, outcome: Outcome) -> None:
        """Draw the consequence of what came of ``send``."""
        super().note(outcome)
        if outcome.verdict is not Verdict.DELIVERED:
            self._next_s = min(self._next_s, time.monotonic() + RETRY_S)

    async def _asked(self) -> tuple[Reply, Outcome | None]:
        assert self._make is not None
        body = self._make()
        reply, device = await self._post(body)
        if reply.status == 401 and reply.error:
            settled = await self._identity.settle(reply, device)
            if settled.verdict is not Verdict.AT_ONCE:
                return reply, settled
            reply, _ = await self._post(body)
        return reply, None


def _nonce_in(reply: Reply) -> bytes:
    """The nonce to quote next; b'' where the answer holds none."""
    said = reply.content.get("nonce")
    if reply.status != 200 or not isinstance(said, str):
        return b""
    try:
        nonce = base64url.decode(said)
    except EnvelopeError:
        return b""
    return nonce if len(nonce) == 32 else b""


def _came_of(reply: Reply) -> Outcome:
    if reply.status != 200:
        return Outcome(Verdict.LATER, f"evidence: {reply.in_words}")
    if reply.content.get("nonce"):
        return Outcome(Verdict.LATER, "evidence: the collector asks for it once more")
    status, reason = reply.content.get("status"), reply.content.get("reason")
    if status in ("affirming", "warning"):
        return Outcome(Verdict.DELIVERED, f"evidence: {status}")
    shown = ascii(reason)[:200] if isinstance(reason, str) else "''"
    return Outcome(Verdict.LATER, f"evidence: the collector says {ascii(status)[:24]}: {shown}")
