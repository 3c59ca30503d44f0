# SPDX-License-Identifier: Apache-2.0
"""Messages of DAP: the bytes of the draft, one spelling for one content, and no other taken."""

import contextlib
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privcv_across.errors import MalformedMessage
from privcv_across.messages.aggregation import (
    AggregationJobInitReq,
    AggregationJobResp,
    VerifyInit,
    VerifyResp,
    finish,
    initialize,
    read_finish,
    read_initialize,
)
from privcv_across.messages.basic import (
    BatchMode,
    Extension,
    HpkeCiphertext,
    ReportError,
    ReportMetadata,
)
from privcv_across.messages.configuration import (
    TaskConfiguration,
    read_task_interval,
    task_interval,
)
from privcv_across.messages.report import (
    PlaintextInputShare,
    Report,
    UploadErrors,
    UploadRequest,
    input_share_aad,
)

sized = st.binary(min_size=1, max_size=40)
ids = st.binary(min_size=16, max_size=16)
extensions = st.dictionaries(st.integers(1, 65535), st.binary(max_size=9), max_size=3).map(
    lambda found: tuple(Extension(kind, found[kind]) for kind in sorted(found))
)
ciphertexts = st.builds(HpkeCiphertext, st.integers(0, 255), sized, sized)
metadata = st.builds(ReportMetadata, ids, st.integers(0, 2**64 - 1), extensions)
reports = st.builds(Report, metadata, st.binary(max_size=64), ciphertexts, ciphertexts)
inits = st.builds(VerifyInit, metadata, st.binary(max_size=64), ciphertexts, sized)
urls = st.from_regex(r"https://[a-z]{1,9}\.example/", fullmatch=True)
configurations = st.builds(
    TaskConfiguration, st.binary(min_size=1, max_size=255), urls, urls, st.integers(0, 2**64 - 1),
    st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.binary(max_size=30),
    st.sampled_from(BatchMode), extensions,
)  # fmt: skip
answers = st.one_of(
    st.builds(VerifyResp, ids, sized),
    st.builds(VerifyResp, ids, st.just(b""), st.sampled_from(ReportError) | st.none()),
)
MESSAGES: dict[type[Any], st.SearchStrategy[Any]] = {
    Report: reports,
    UploadRequest: st.builds(UploadRequest, st.lists(reports, max_size=3).map(tuple)),
    UploadErrors: st.builds(
        UploadErrors, st.lists(st.tuples(ids, st.sampled_from(ReportError)), max_size=3).map(tuple)
    ),
    PlaintextInputShare: st.builds(PlaintextInputShare, sized, extensions),
    TaskConfiguration: configurations,
    AggregationJobInitReq: st.builds(
        AggregationJobInitReq, st.integers(0, 255),
        st.lists(inits, max_size=3, unique_by=lambda one: one.metadata.report_id).map(tuple),
        extensions,
    ),
    AggregationJobResp: st.builds(AggregationJobResp, st.lists(answers, max_size=3).map(tuple)),
}  # fmt: skip
EACH = pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)


@EACH
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_what_is_written_is_read_and_nothing_else_has_its_meaning(
    kind: type[Any], data: st.DataObject
) -> None:
    message = data.draw(MESSAGES[kind])
    content = message.encode()
    assert kind.decode(content) == message
    for wrong in damaged(content, random.Random(data.draw(st.integers(0, 2**32)))):
        try:
            found = kind.decode(wrong)
        except MalformedMessage:
            continue
        assert found.encode() == wrong
        assert (found == message) == (wrong == content)


def damaged(content: bytes, rand: random.Random) -> list[bytes]:
    found = [content[:size] for size in range(min(len(content), 60))] + [content + b"\0"]
    for _ in range(40):
        if content:
            at = rand.randrange(len(content))
            byte = bytes([content[at] ^ 1 << rand.randrange(8)])
            found.append(content[:at] + byte + content[at + 1 :])
            found.append(content[:at] + rand.randbytes(rand.randrange(6)) + content[at:])
    return found


@EACH
@settings(deadline=None, max_examples=200)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_message_or_are_refused(kind: type[Any], content: bytes) -> None:
    with contextlib.suppress(MalformedMessage):
        assert kind.decode(content).encode() == content


def test_a_report_has_the_bytes_that_the_draft_says() -> None:
    """Written out field by field as section 4.4.2 lists them."""
    report = Report(
        ReportMetadata(bytes(range(16)), 0x0102030405060708, (Extension(0xFF01, b"abc"),)),
        b"pub",
        HpkeCiphertext(7, b"key", b"leader's"),
        HpkeCiphertext(8, b"k", b"helper"),
    )
    assert report.encode() == bytes.fromhex(
        "000102030405060708090a0b0c0d0e0f"  # report_id
        "0102030405060708"  # time
        "0007" "ff01" "0003" "616263"  # public_extensions
        "00000003" "707562"  # public_share
        "07" "0003" "6b6579" "00000008" "6c65616465722773"
        "08" "0001" "6b" "00000006" "68656c706572"
    )  # fmt: skip


def test_what_a_share_is_sealed_with_has_the_bytes_that_the_draft_says() -> None:
    configuration = TaskConfiguration(
        b"info", "https://a.example/", "https://b.example/", 300, 5, 7, b"cfg",
        extensions=(task_interval(10, 20),),
    )  # fmt: skip
    aad = input_share_aad(bytes(32), configuration, ReportMetadata(bytes(16), 1), b"p")
    assert aad == (
        bytes(32)
        + b"\x04info"
        + b"\x00\x12https://a.example/"
        + b"\x00\x12https://b.example/"
        + bytes.fromhex("000000000000012c" "0000000000000005" "01" "0000" "00000007" "0003")
        + b"cfg"
        + bytes.fromhex("0014" "0001" "0010" "000000000000000a" "0000000000000014")
        + bytes(16) + bytes.fromhex("0000000000000001" "0000")
        + b"\x00\x00\x00\x01p"
    )  # fmt: skip
    assert read_task_interval(configuration.extensions[0]) == (10, 20)


def test_answers_have_the_bytes_that_the_draft_says() -> None:
    responses = (
        VerifyResp(b"a" * 16, b"xy"),
        VerifyResp(b"b" * 16),
        VerifyResp(b"c" * 16, error=ReportError.VDAF_VERIFY_ERROR),
    )
    assert AggregationJobResp(responses).encode() == (
        b"a" * 16 + b"\0\0\0\0\x02xy" + b"b" * 16 + b"\x01" + b"c" * 16 + b"\x02\x06"
    )


def test_ping_and_pong() -> None:
    assert initialize(b"ab") == b"\0\0\0\0\x02ab"
    assert finish(b"") == b"\x02\0\0\0\0"
    assert read_initialize(initialize(b"ab")) == b"ab"
    assert read_finish(finish(b"ab")) == b"ab"
    for wrong in (b"", finish(b"ab"), b"\1" + initialize(b"a")[1:], initialize(b"ab") + b"\0"):
        with pytest.raises(MalformedMessage):
            read_initialize(wrong)


def test_a_job_that_has_a_report_twice_is_refused() -> None:
    one = VerifyInit(ReportMetadata(bytes(16), 1), b"", HpkeCiphertext(0, b"k", b"p"), b"v")
    with pytest.raises(MalformedMessage, match="twice"):
        AggregationJobInitReq.decode(AggregationJobInitReq(0, (one, one)).encode())


@pytest.mark.parametrize("kinds", [(2, 1), (1, 1), (0,)])
def test_extensions_have_one_order(kinds: tuple[int, ...]) -> None:
    share = PlaintextInputShare(b"s", tuple(Extension(kind, b"") for kind in kinds))
    with pytest.raises(MalformedMessage, match="extensions"):
        PlaintextInputShare.decode(share.encode())


def test_no_more_is_kept_than_one_message_may_hold() -> None:
    with pytest.raises(MalformedMessage, match="more than 4096"):
        UploadErrors.decode((bytes(16) + b"\1") * 4097)
    huge = bytes(16) + bytes(8) + bytes(2) + (2**31).to_bytes(4, "big")
    with pytest.raises(MalformedMessage, match="2147483648"):
        Report.decode(huge)
