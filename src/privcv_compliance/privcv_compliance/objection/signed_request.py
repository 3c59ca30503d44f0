# SPDX-License-Identifier: Apache-2.0
"""A request for a pause that comes from elsewhere: signed, for one site, believed once and at once.

Whoever can publish at a broker can send anything. So a request carries an Ed25519 signature by a
key that the site trusts, the site's name, a time that must be that of the device within
``FRESH_S``, and a number drawn for it, which is believed once.
"""

import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from pydantic import Field, ValidationError

from privcv_compliance.errors import ComplianceError
from privcv_core.authorization.pause_note import Minutes
from privcv_core.files.bounded_parse import parse_json
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.signing import SigningKey, verify_signature
from privcv_core.protocol.timestamps import parse_rfc3339_whole, rfc3339_whole
from privcv_core.settings.model import Name, Settings

FRESH_S = 60
"""So far may a request's time be from the device's, s."""

_PREFIX = b"privcv pause request v1\n"
_MOST_BYTES = 4096


class PauseRequest(Settings):
    """What is asked for. No cameras: all of the site."""

    site: Name = Field(description="name of the site")
    cameras: list[Name] = Field(max_length=64, description="cameras to pause")
    minutes: Minutes = Field(description="how long")
    time: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", description="when it was made")
    nonce: str = Field(pattern=r"^[0-9a-f]{32}$", description="drawn for it")


def sign_request(
    site: str, cameras: Sequence[str], minutes: int, key: SigningKey, now: datetime
) -> bytes:
    """A signed request as JSON, to be published within ``FRESH_S``."""
    content = {
        "site": site,
        "cameras": list(cameras),
        "minutes": minutes,
        "time": rfc3339_whole(now),
        "nonce": secrets.token_hex(16),
    }
    signature = key.sign(_PREFIX + canonical(content))
    return canonical({"request": content, "signature": signature})


class RequestReader:
    """Believes requests for ``site`` by ``trusted_keys`` (public, base64url), each once."""

    def __init__(
        self,
        site: str,
        trusted_keys: Collection[str],
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._site = site
        self._keys = tuple(trusted_keys)
        self._clock = clock
        self._seen: dict[str, datetime] = {}  # nonce -> when it is too old to be believed anyway

    def read(self, message: bytes) -> PauseRequest:
        """The request in ``message``. Raises ``ComplianceError`` that says why it is none."""
        if len(message) > _MOST_BYTES:
            raise ComplianceError("a request for a pause is refused: it is too long")
        try:
            document = parse_json(message)
            content, signature = document["request"], str(document["signature"])
            signed = _PREFIX + canonical(content)
        except (ValueError, KeyError, TypeError) as error:
            raise ComplianceError("a request for a pause is refused: it is none") from error
        if not any(verify_signature(key, signature, signed) for key in self._keys):
            raise ComplianceError("a request for a pause is refused: nobody trusted signed it")
        return self._check(content)

    def _check(self, content: Any) -> PauseRequest:
        try:
            request = PauseRequest.model_validate(content)
            made = parse_rfc3339_whole(request.time)
        except (ValidationError, ValueError) as error:
            raise ComplianceError("a request for a pause is refused: it is none") from error
        now, fresh = self._clock(), timedelta(seconds=FRESH_S)
        if request.site != self._site:
            raise ComplianceError("a request for a pause is refused: it is for another site")
        if abs(now - made) > fresh:
            raise ComplianceError(
                f"a request for a pause is refused: it was made at {request.time}, and here it is "
                f"{rfc3339_whole(now)}; set the clocks"
            )
        self._seen = {nonce: until for nonce, until in self._seen.items() if until >= now}
        if request.nonce in self._seen:
            raise ComplianceError("a request for a pause is refused: it was said before")
        self._seen[request.nonce] = made + 2 * fresh
        return request
