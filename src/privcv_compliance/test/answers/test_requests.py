# SPDX-License-Identifier: Apache-2.0
"""The register of requests is the audit log; deadlines are those of the law."""

from datetime import date, timedelta

import pytest

from privcv_compliance.answers.requests import (
    answered,
    deadline,
    extend,
    register,
    requests_in,
)
from privcv_compliance.errors import ComplianceError
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile


@pytest.mark.parametrize(
    ("law", "received", "extended", "expected"),
    [
        ("gdpr", date(2026, 11, 20), False, date(2026, 12, 20)),
        ("gdpr", date(2026, 12, 5), False, date(2027, 1, 5)),
        ("gdpr", date(2026, 1, 31), False, date(2026, 2, 28)),  # no 31 February: its last day
        ("gdpr", date(2028, 1, 31), False, date(2028, 2, 29)),
        ("gdpr", date(2026, 11, 30), True, date(2027, 2, 28)),
        ("ccpa", date(2026, 11, 20), False, date(2027, 1, 4)),
        ("ccpa", date(2026, 11, 20), True, date(2027, 2, 18)),
    ],
)
def test_deadlines_are_those_of_the_law(
    law: str, received: date, extended: bool, expected: date
) -> None:
    assert deadline(law, received, extended=extended) == expected


def test_the_register_is_the_audit_log(site: SiteFile) -> None:
    with operator_log(site.audit) as log:
        first = register(log, "access", "gdpr", ["lobby"], date(2026, 11, 20), "2026/17")
        second = register(log, "delete", "ccpa", ["lobby"], date(2026, 11, 21))
        extended = extend(log, second, "many requests")
        answered(log, first, "nothing", "0" * 64, 0)
        with pytest.raises(ComplianceError, match="already"):
            extend(log, extended, "again")
    one, two = requests_in(site.audit.folder)
    assert (one.reference, one.outcome, one.state(date(2027, 1, 1))) == (
        "2026/17", "nothing", "answered",
    )  # fmt: skip
    assert two == extended
    assert two.state(two.deadline) == "open"
    assert two.state(two.deadline + timedelta(days=1)) == "overdue"
