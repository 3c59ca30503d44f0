# SPDX-License-Identifier: Apache-2.0
"""Cursors of paginated answers: the primary key of the last row, as opaque text for a URL."""

import json

from privcv_collector.queries.report_queries import ReportKey
from privcv_collector.refused import Refused
from privcv_core.files.bounded_parse import parse_json
from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.timestamps import parse_rfc3339, rfc3339

_RELEASE = 2
"""Place of a release's number among those of a key: site, series, release."""


def write_cursor(key: ReportKey) -> str:
    """A key as text for the next request: base64url (RFC 4648) of JSON, without padding."""
    site_pk, start, rest = key
    content = json.dumps([site_pk, rfc3339(start), *rest])
    return base64url.encode(content.encode())


def read_cursor(text: str, numbers: int = 2) -> ReportKey:
    """Inverse of ``write_cursor``, of a key with so many numbers after its time.

    Raises ``Refused``.
    """
    try:
        site_pk, start, *rest = parse_json(base64url.decode(text), 1024)
        if len(rest) != numbers:
            raise ValueError("not a key of these reports")
        for place, number in enumerate((site_pk, *rest)):
            most = 2**53 if place == _RELEASE else 2**31
            if type(number) is not int or not 0 <= number < most:
                raise ValueError("not a key")
        return site_pk, parse_rfc3339(start), tuple(rest)
    except (EnvelopeError, ValueError, TypeError, OverflowError) as error:
        raise Refused(422, "invalid", "after: is not a cursor that this API gave") from error
