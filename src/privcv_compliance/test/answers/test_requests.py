# SPDX-License-Identifier: Apache-2.0
"""The register of requests is the audit log; what is unfinished stays open."""

from datetime import date, timedelta

import pytest

from privcv_compliance.answers.requests import (
    Request,
    answered,
    complain,
    confirm,
    extend,
    find_request,
    pause,
    register,
    reopen,
    requests_in,
    resume,
)
from privcv_compliance.answers.words import BY_HAND, DELETED, NOTHING_LINKED
from privcv_compliance.errors import ComplianceError
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.log import AuditLog
from privcv_core.audit.open_duties import UNFINISHED

DAY = date(2026, 11, 20)


def a_request(log: AuditLog, **how: object) -> Request:
    law = how.pop("law", "gdpr")
    return register(log, "access", law, ["lobby"], DAY, today=DAY, **how)  # type: ignore[arg-type]


def found(site: SiteFile, request: Request) -> Request:
    return find_request(site.audit.folder, request.id)


def test_the_register_is_the_audit_log(site: SiteFile) -> None:
    with operator_log(site.audit) as log:
        first = a_request(log, reference="2026/17")
        second = register(log, "object", "ccpa", ["lobby"], DAY, today=DAY)
        extended = extend(log, second, "number", today=DAY)
        answered(log, first, NOTHING_LINKED, "0" * 64, 0)
        with pytest.raises(ComplianceError, match="already"):
            extend(log, extended, "number", today=DAY)
    one, two = requests_in(site.audit.folder)
    assert (one.reference, one.outcome, one.state(date(2027, 1, 1))) == (
        "2026/17", NOTHING_LINKED, "answered",
    )  # fmt: skip
    assert two == extended
    assert two.state(two.deadline + timedelta(days=1)) == "overdue"


@pytest.mark.parametrize("outcome", UNFINISHED)
def test_what_is_unfinished_stays_open_and_can_be_answered_again(
    site: SiteFile, outcome: str
) -> None:
    with operator_log(site.audit) as log:
        request = a_request(log)
        answered(log, request, outcome, "0" * 64, 3)
        attempted = found(site, request)
        assert (attempted.is_closed, attempted.state(DAY)) == (False, "open")
        assert attempted.state(attempted.deadline + timedelta(days=1)) == "overdue"
        answered(log, attempted, NOTHING_LINKED, "0" * 64, 0)
    assert found(site, request).state(DAY) == "answered"


@pytest.mark.parametrize("outcome", [NOTHING_LINKED, DELETED, *BY_HAND])
def test_an_answered_request_is_open_again_after_a_complaint(site: SiteFile, outcome: str) -> None:
    with operator_log(site.audit) as log:
        request = a_request(log)
        with pytest.raises(ComplianceError, match="is open"):
            reopen(log, request, "complaint")
        answered(log, request, outcome, "0" * 64, 0)
        with pytest.raises(ComplianceError, match="was answered"):
            confirm(log, found(site, request))
        complain(log, request, "authority")
        reopen(log, found(site, request), "complaint")
    again = found(site, request)
    assert (again.state(DAY), again.complaint, again.deadline) == (
        "open", "authority", request.deadline,
    )  # fmt: skip


def test_a_receipt_is_neither_in_the_future_nor_of_another_age(site: SiteFile) -> None:
    with operator_log(site.audit) as log:
        for day in (date(2031, 1, 1), DAY + timedelta(days=1), date(1800, 1, 1), date(2024, 1, 1)):
            with pytest.raises(ComplianceError, match="--received"):
                register(log, "access", "gdpr", ["lobby"], day, today=DAY)
    assert requests_in(site.audit.folder) == []


@pytest.mark.parametrize(
    "name",
    ["Meier", "Frau Meier", "MEIER-1", "a.meier@example.org", "John Doe 1", "+49 30 1234567"],
)
def test_a_reference_is_no_place_for_a_name(site: SiteFile, name: str) -> None:
    with operator_log(site.audit) as log, pytest.raises(ComplianceError, match="no names"):
        a_request(log, reference=name)


@pytest.mark.parametrize("number", ["", "17", "2026/17", "DSR-2026-0017", "AZ2026/17", "4711.3"])
def test_a_case_number_is_taken(site: SiteFile, number: str) -> None:
    with operator_log(site.audit) as log:
        request = a_request(log, reference=number)
    assert found(site, request).reference == number


def test_an_extension_is_told_before_the_first_deadline(site: SiteFile) -> None:
    with operator_log(site.audit) as log:
        request = a_request(log)
        with pytest.raises(ComplianceError, match="before that day is over"):
            extend(log, request, "number", today=request.deadline + timedelta(days=1))
        with pytest.raises(ComplianceError, match="before that day is over"):
            extend(log, request, "number", today=DAY + timedelta(days=270))
        later = extend(log, request, "number", today=request.deadline)
    assert later.deadline == date(2027, 2, 22)  # 20 February 2027 is a Saturday
    assert found(site, request).extended


def test_the_clock_stands_while_the_person_is_asked(site: SiteFile) -> None:
    with operator_log(site.audit) as log:
        request = a_request(log)
        assert request.deadline == date(2026, 12, 21)
        pause(log, request, "identity", DAY + timedelta(days=2))
        paused = found(site, request)
        assert paused.state(date(2027, 6, 1)) == "paused"
        resume(log, paused, DAY + timedelta(days=12), {date(2026, 12, 30)})
        # A month ends on the 20th, ten days later it is the 30th, which is a holiday here.
        assert found(site, request).deadline == date(2026, 12, 31)
        with pytest.raises(ComplianceError, match="not paused"):
            resume(log, found(site, request), DAY)
        with pytest.raises(ComplianceError, match="does not stop the clock"):
            pause(log, a_request(log, law="ccpa"), "identity", DAY)


def test_no_weekend_after_a_first_pause_counts_as_a_pause(site: SiteFile) -> None:
    """A month from Wednesday 4 November is Friday 4 December; two days more are a Sunday."""
    came = date(2026, 11, 4)
    with operator_log(site.audit) as log:
        request = register(log, "access", "gdpr", ["lobby"], came, today=came)
        for day in (9, 11):
            pause(log, found(site, request), "identity", date(2026, 11, day))
            resume(log, found(site, request), date(2026, 11, day + 1))
            assert found(site, request).deadline == date(2026, 12, 7)
        extend(log, found(site, request), "number", today=date(2026, 11, 20))
    assert found(site, request).deadline == date(2027, 2, 8)  # 4 February, and two days


def test_under_the_ccpa_the_receipt_is_confirmed_in_ten_business_days(site: SiteFile) -> None:
    with operator_log(site.audit) as log:
        request = a_request(log, law="ccpa", holidays={date(2026, 11, 26)})
        assert request.confirm_by == date(2026, 12, 7)
        assert request.state(date(2026, 12, 8)) == "unconfirmed"
        confirm(log, request)
    assert found(site, request).state(date(2026, 12, 8)) == "open"
