# SPDX-License-Identifier: Apache-2.0
"""Cursors of paginated answers: the primary key of the last row, as opaque text for a URL."""

import json

from privcv_collector.queries.report_queries import ReportKey
from privcv_collector.refused import Refused
from privcv_core.files.bounded_parse import parse_json
from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError
from privcv_core.protocol.timestamps import parse_rfc3339, rfc3339


def write_cursor(key: ReportKey) -> str:
    """A key as text for the next request: base64url (RFC 4648) of JSON, without padding."""
    content = json.dumps([key[0], rfc3339(key[1]), key[2], key[3]])
    return base64url.encode(content.encode())


def read_cursor(text: str) -> ReportKey:
    """Inverse of ``write_cursor``; raises ``Refused``."""
    try:
        site_pk, start, series_pk, release = parse_json(base64url.decode(text), 1024)
        numbers = (site_pk, series_pk, release)
        if any(type(number) is not int or not 0 <= number < 2**31 for number in numbers[:2]):
            raise ValueError("not a key")
        if type(release) is not int or not 0 <= release < 2**53:
            raise ValueError("not a release")
        return site_pk, parse_rfc3339(start), series_pk, release
    except (EnvelopeError, ValueError, TypeError, OverflowError) as error:
        raise Refused(422, "invalid", "after: is not a cursor that this API gave") from error
