# SPDX-License-Identifier: Apache-2.0
"""Reports from device to sum: two collectors, one site of many, and what each of them could try."""

import dataclasses
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from privcv_across.errors import ParameterError, RefusedReport
from privcv_across.messages.aggregation import VerifyInit, VerifyResp, finish, initialize
from privcv_across.messages.basic import Extension, ReportError, ReportMetadata, Role
from privcv_across.messages.configuration import TaskConfiguration, task_interval
from privcv_across.messages.report import PlaintextInputShare, Report, input_share_aad
from privcv_across.sealing.hpke import HpkeKey
from privcv_across.sealing.sealed_report import check_device, seal_report
from privcv_across.sealing.sum_task import DEVICE_SIGNATURE, SumTask
from privcv_across.sealing.verification import Aggregator, answer, begin, end
from privcv_core.protocol import base64url
from privcv_core.protocol.signing import SigningKey

WINDOW = 5_900_000
DEVICES = [SigningKey("Ed25519", bytes([number] * 32)) for number in range(1, 5)]
KEYS = HpkeKey(1, bytes(range(32))), HpkeKey(2, bytes(range(1, 33)))
CONFIGURATION = TaskConfiguration(
    b"a task", "https://leader.example/", "https://helper.example/", 300, 3, 7, b""
)


def public(device: SigningKey) -> bytes:
    return base64url.decode(device.public)


def task(**changes: Any) -> SumTask:
    made = SumTask(
        bytes(32), CONFIGURATION, {"length": 6, "max_value": 40, "chunk_length": 6},
        KEYS[0].config, KEYS[1].config,
        hashlib.sha256(bytes(range(32))).digest(),
        frozenset(public(device) for device in DEVICES[:3]),
    )  # fmt: skip
    return dataclasses.replace(made, **changes)


def leader(made: SumTask | None = None) -> Aggregator:
    return Aggregator(made or task(), Role.LEADER, KEYS[0], bytes(range(32)))


def helper(made: SumTask | None = None) -> Aggregator:
    return Aggregator(made or task(), Role.HELPER, KEYS[1], bytes(range(32)))


def verified(report: Report) -> tuple[list[int], list[int]]:
    """Both output shares; each message crosses the wire as bytes."""
    prepared, message = begin(leader(), Report.decode(report.encode()))
    helpers, response = answer(helper(), message)
    assert response.error is None
    assert helpers is not None
    return end(leader(), prepared, report.metadata.report_id, response), helpers


def test_the_sum_of_three_sites_is_the_sum() -> None:
    counts = [[1, 2, 3, 0, 0, 9], [0] * 6, [40, 0, 0, 0, 0, 0]]
    prio3, totals = task().prio3, [None, None]
    for device, measurement in zip(DEVICES, counts, strict=False):
        report = seal_report(task(), device, WINDOW, measurement)
        for place, output in enumerate(verified(report)):
            totals[place] = prio3.aggregate(totals[place], output)
    found = prio3.unshard([prio3.field.encode(total) for total in totals])
    assert found == [41, 2, 3, 0, 0, 9]


def test_a_report_has_one_size_whatever_it_says() -> None:
    made = [
        seal_report(task(), DEVICES[0], WINDOW, measurement).encode()
        for measurement in ([0] * 6, [40, 0, 0, 0, 0, 0], [6, 7, 7, 7, 7, 6])
    ]
    assert {len(one) for one in made} == {task().report_size}
    assert len(set(made)) == 3


def test_a_report_of_the_design_is_small() -> None:
    big = task(parameters={"length": 45, "max_value": 765, "chunk_length": 15})
    report = seal_report(big, DEVICES[0], WINDOW, [17] * 45)
    assert len(report.encode()) == big.report_size <= 12_000
    _, message = begin(leader(big), report)
    assert len(message.encode()) <= 3_000


def refusal(report: Report) -> str:
    """Why the leader refuses it. That the helper does as well is seen where it is asked alone."""
    with pytest.raises(RefusedReport) as refused:
        begin(leader(), report)
    return refused.value.reason


def helpers_refusal(report: Report, payload: bytes = b"") -> ReportError | None:
    """The helper's answer to a leader that passes on what it likes."""
    message = VerifyInit(
        report.metadata, report.public_share, report.helper_share, payload or initialize(b"")
    )
    output, response = answer(helper(), message)
    assert (output is None) == (response.error is not None)
    return response.error


def test_neither_collector_takes_a_site_that_is_not_on_the_roster() -> None:
    stranger = seal_report(task(), DEVICES[3], WINDOW, [1] * 6)
    assert refusal(stranger) == "invalid_message"
    assert helpers_refusal(stranger) is ReportError.INVALID_MESSAGE


def test_nobody_foresees_the_id_of_a_report() -> None:
    """VDAF, 9.2: a collector that foresees it can choose the verification key to break a share."""
    made = [seal_report(task(), DEVICES[0], WINDOW, [1] * 6).metadata.report_id for _ in range(9)]
    assert len(set(made)) == 9


def test_a_collector_cannot_change_the_key_that_the_task_was_signed_with() -> None:
    for role, key in ((Role.LEADER, KEYS[0]), (Role.HELPER, KEYS[1])):
        with pytest.raises(ParameterError, match="commits to"):
            Aggregator(task(), role, key, bytes(32))


def test_both_collectors_are_told_whose_report_it_is() -> None:
    """Of which they take one a window: see ``check_device``."""
    report = seal_report(task(), DEVICES[1], WINDOW, [1] * 6)
    assert check_device(task(), report.metadata, report.public_share) == public(DEVICES[1])


def altered(report: Report, **changes: Any) -> Report:
    return dataclasses.replace(report, metadata=dataclasses.replace(report.metadata, **changes))


def test_nobody_on_the_way_can_change_or_invent_a_report() -> None:
    report = seal_report(task(), DEVICES[0], WINDOW, [1] * 6)
    other = seal_report(task(), DEVICES[1], WINDOW, [2] * 6)
    (signed,) = report.metadata.public_extensions
    device, signature = signed.data[:32], signed.data[32:]
    forged = [
        altered(report, time=WINDOW + 1),
        altered(report, report_id=bytes(16)),
        altered(report, public_extensions=()),
        altered(report, public_extensions=other.metadata.public_extensions),
        altered(report, public_extensions=(Extension(DEVICE_SIGNATURE, device),)),
        altered(report, public_extensions=(Extension(1, b""), signed)),
        altered(
            report,
            public_extensions=(Extension(DEVICE_SIGNATURE, device + bytes(64)),),
        ),
        altered(
            report,
            public_extensions=(Extension(DEVICE_SIGNATURE, public(DEVICES[1]) + signature),),
        ),
        dataclasses.replace(report, public_share=other.public_share),
        dataclasses.replace(report, public_share=b""),
    ]
    for one in forged:
        assert refusal(one) == "invalid_message"
        assert helpers_refusal(one) is ReportError.INVALID_MESSAGE


def test_a_report_of_another_time_than_the_tasks_is_dropped() -> None:
    bounded = task(
        configuration=dataclasses.replace(CONFIGURATION, extensions=(task_interval(WINDOW, 3),))
    )
    for time in (WINDOW, WINDOW + 2):
        begin(leader(bounded), seal_report(bounded, DEVICES[0], time, [1] * 6))
    for time in (WINDOW - 1, WINDOW + 3, 0):
        report = seal_report(bounded, DEVICES[0], time, [1] * 6)
        with pytest.raises(RefusedReport) as refused:
            begin(leader(bounded), report)
        assert refused.value.reason == "report_dropped"


def test_shares_of_another_report_or_for_the_other_collector_do_not_open() -> None:
    report = seal_report(task(), DEVICES[0], WINDOW, [1] * 6)
    other = seal_report(task(), DEVICES[1], WINDOW, [2] * 6)
    swapped = dataclasses.replace(report, leader_share=other.leader_share)
    assert refusal(swapped) == "hpke_decrypt_error"
    swapped = dataclasses.replace(report, helper_share=other.helper_share)
    assert helpers_refusal(swapped) is ReportError.HPKE_DECRYPT_ERROR
    swapped = dataclasses.replace(report, leader_share=report.helper_share)
    assert refusal(swapped) == "hpke_unknown_config_id"
    for_the_other = dataclasses.replace(report.helper_share, config_id=1)
    assert refusal(dataclasses.replace(report, leader_share=for_the_other)) == "hpke_decrypt_error"


@pytest.mark.parametrize(
    "changes",
    [
        {"min_batch_size": 2},
        {"helper": "https://leader.example/"},
        {"task_info": b"another"},
        {"vdaf_configuration": b"x"},
    ],
)
def test_a_collector_with_another_idea_of_the_task_cannot_open(changes: dict[str, Any]) -> None:
    report = seal_report(task(), DEVICES[0], WINDOW, [1] * 6)
    other = task(configuration=dataclasses.replace(CONFIGURATION, **changes))
    with pytest.raises(RefusedReport) as refused:
        begin(leader(other), report)
    assert refused.value.reason == "hpke_decrypt_error"


def test_a_helper_that_answers_for_another_report_is_found() -> None:
    report = seal_report(task(), DEVICES[0], WINDOW, [1] * 6)
    other = seal_report(task(), DEVICES[1], WINDOW, [2] * 6)
    prepared, _ = begin(leader(), report)
    _, theirs = answer(helper(), begin(leader(), other)[1])
    report_id = report.metadata.report_id
    for wrong in (
        theirs,
        VerifyResp(report_id, theirs.payload),
        VerifyResp(report_id),
        VerifyResp(report_id, finish(b"")),
        VerifyResp(report_id, initialize(bytes(32))),
        VerifyResp(report_id, error=ReportError.VDAF_VERIFY_ERROR),
    ):
        with pytest.raises(RefusedReport):
            end(leader(), prepared, report_id, wrong)


def test_a_leader_that_sends_another_verifier_share_is_found() -> None:
    report = seal_report(task(), DEVICES[0], WINDOW, [1] * 6)
    _, message = begin(leader(), report)
    _, other = begin(leader(), seal_report(task(), DEVICES[1], WINDOW, [1] * 6))
    for payload in (other.payload, initialize(b""), finish(bytes(32)), b"\0"):
        assert helpers_refusal(report, payload) is ReportError.VDAF_VERIFY_ERROR
    assert helpers_refusal(report, message.payload) is None


@pytest.mark.parametrize("size", [0, 1, 63, 65])
def test_a_share_of_another_size_is_refused_before_it_is_computed_with(size: int) -> None:
    """The device is on the roster and signs: it is the device that lies."""
    report = seal_report(task(), DEVICES[0], WINDOW, [1] * 6)
    aad = input_share_aad(bytes(32), CONFIGURATION, report.metadata, report.public_share)
    inside = PlaintextInputShare(bytes(size)).encode()
    lie = KEYS[1].config.seal(inside, task().info(Role.HELPER), aad)
    refused = helpers_refusal(dataclasses.replace(report, helper_share=lie))
    assert refused is ReportError.INVALID_MESSAGE
    more = PlaintextInputShare(bytes(64), (Extension(9, b""),)).encode()
    lie = KEYS[1].config.seal(more, task().info(Role.HELPER), aad)
    refused = helpers_refusal(dataclasses.replace(report, helper_share=lie))
    assert refused is ReportError.INVALID_MESSAGE


def test_a_sum_that_does_not_commit_to_its_shares_is_not_signed() -> None:
    count = task(configuration=dataclasses.replace(CONFIGURATION, vdaf_type=1), parameters={})
    with pytest.raises(ParameterError):
        seal_report(count, DEVICES[0], WINDOW, 1)
    with pytest.raises(ParameterError):
        seal_report(task(), SigningKey.generate("HMAC-SHA256"), WINDOW, [1] * 6)


def test_metadata_is_what_is_signed() -> None:
    report = seal_report(task(), DEVICES[0], WINDOW, [1] * 6)
    (extension,) = report.metadata.public_extensions
    assert report.metadata == ReportMetadata(report.metadata.report_id, WINDOW, (extension,))
    signed = b"privcv report\n" + bytes(32) + report.metadata.report_id
    signed += WINDOW.to_bytes(8, "big") + report.public_share
    key = Ed25519PublicKey.from_public_bytes(extension.data[:32])
    key.verify(extension.data[32:], signed)
