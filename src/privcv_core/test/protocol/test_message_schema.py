# SPDX-License-Identifier: Apache-2.0
"""No interface of privcv can hold an image, and the check that says so is not blind."""

import pytest

pytest.importorskip("rclpy", reason="needs the built messages and ROS 2")

from rclpy.serialization import serialize_message
from rosidl_parser.definition import (
    Array,
    BasicType,
    BoundedSequence,
    BoundedString,
    UnboundedSequence,
    UnboundedString,
)
from sensor_msgs.msg import CompressedImage, Image

from privcv_core.protocol.message_schema import find_violations, largest_size, messages_of
from privcv_core.protocol.secure_release import LONGEST_REPORT
from privcv_msgs.msg import (
    AnonymousTrack,
    AnonymousTracks,
    Detections,
    DwellReport,
    SecureReport,
    StatisticReport,
    ZoneReport,
    ZoneReports,
)

OURS = messages_of("privcv_msgs")


def made_of(*fields: tuple[str, object]) -> type:
    """A message class with these fields, in the shape that rosidl gives its Python classes."""
    names = {name: str(kind) for name, kind in fields}

    class Made:
        SLOT_TYPES = tuple(kind for _, kind in fields)

        @classmethod
        def get_fields_and_field_types(cls) -> dict[str, str]:
            return names

    return Made


def test_every_interface_is_checked() -> None:
    names = {message.__name__ for message in OURS}
    assert {"Detections", "Tracks", "AnonymousTracks", "ZoneReports", "PrivacyBudget"} <= names
    assert {"DeliveryStatus", "RotateIdentities_Request", "RotateIdentities_Response"} <= names
    assert {"PauseCounting_Request", "PauseCounting_Response"} <= names


@pytest.mark.parametrize("message", OURS, ids=lambda message: message.__name__)
def test_no_interface_can_hold_an_image(message: type) -> None:
    assert [str(violation) for violation in find_violations(message)] == []
    assert largest_size(message) is not None


def test_the_table_of_largest_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\nlargest serialized size, bytes")
        for message in OURS:
            print(f"  {message.__name__:28} {largest_size(message):>7}")
    # A ZoneReports of 64 zones and 80 statistics is the largest thing that leaves the device.
    assert max(largest_size(message) for message in OURS) == largest_size(ZoneReports) < 32768
    assert largest_size(AnonymousTracks) < 20700  # a tick with 256 people in 4,096 cells


def test_lists_that_are_short_each_and_large_together_are_found() -> None:
    fields = [(f"part_{i}", BoundedSequence(BasicType("int16"), 4096)) for i in range(5)]
    assert find_violations(made_of(*fields[:3])) == []
    (violation,) = find_violations(made_of(*fields))
    assert violation.field == "the whole message"
    assert "32768 may be" in violation.rule


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        (("pixels", UnboundedSequence(BasicType("uint8"))), "without an upper bound"),
        (("pixels", BoundedSequence(BasicType("uint8"), 5)), "can hold 5 bytes"),
        (("pixels", Array(BasicType("int8"), 16)), "can hold 16 bytes"),
        (("pixels", BoundedSequence(BasicType("octet"), 1000)), "can hold 1000 bytes"),
        (("pixels", BoundedSequence(BasicType("int16"), 4097)), "can take 8194 bytes of numbers"),
        (("pixels", Array(BasicType("float"), 2049)), "can take 8196 bytes of numbers"),
        (("frame_id", UnboundedString()), "string without an upper bound"),
        (("name", BoundedString(65)), "string of up to 65"),
        (("values", UnboundedSequence(BasicType("float"))), "without an upper bound"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_could_hold_an_image_is_found(field: tuple[str, object], rule: str) -> None:
    (violation,) = find_violations(made_of(("stamp", BasicType("int32")), field))
    assert violation.field == field[0]
    assert rule in violation.rule


def test_only_sealed_shares_may_be_bytes_and_only_so_many() -> None:
    many = BoundedSequence(BasicType("uint8"), LONGEST_REPORT)
    one_more = BoundedSequence(BasicType("uint8"), LONGEST_REPORT + 1)
    for package, name, field, kind, found in (
        ("privcv_msgs", "SecureReport", "report", many, 0),
        ("privcv_msgs", "SecureReport", "report", one_more, 1),
        ("privcv_msgs", "SecureReport", "more", many, 1),
        ("privcv_msgs", "ZoneReports", "report", many, 1),
        ("others_msgs", "SecureReport", "report", many, 1),
    ):
        message = made_of((field, kind))
        message.__name__, message.__module__ = name, f"{package}.msg"
        assert len(find_violations(message)) == found


def test_images_themselves_are_found() -> None:
    assert any(violation.field == "data" for violation in find_violations(Image))
    assert any(violation.field == "data" for violation in find_violations(CompressedImage))
    assert largest_size(Image) is None


def test_a_full_message_is_as_large_as_computed() -> None:
    """The oracle is the serializer of the middleware."""
    track = AnonymousTrack(id=2**64 - 1, cells=16, last=15, size=3, direction=8)
    texts = {"camera": "c" * 64, "mac": "m" * 64}
    cells = {"cell_x": [-1] * 4096, "cell_y": [1] * 4096}
    tracks = AnonymousTracks(tick=2**32 - 1, tracks=[track] * 256, **cells, **texts)
    full = Detections(**texts, **{k: [1.0] * 256 for k in ("x", "y", "width", "height", "score")})
    zone, period = ZoneReport(zone="z" * 64), DwellReport(zone="z" * 64)
    one = StatisticReport(place="p" * 64)
    release = ZoneReports(zones=[zone] * 64, dwell=[period] * 64, statistics=[one] * 80, **texts)
    secure = SecureReport(task="t" * 64, mac="m" * 64, report=[255] * LONGEST_REPORT)
    for message in (tracks, full, zone, release, secure):
        assert len(serialize_message(message)) == largest_size(type(message))


def test_what_exceeds_a_bound_cannot_even_be_made() -> None:
    with pytest.raises(AssertionError, match="length <= 256"):
        AnonymousTracks(tracks=[AnonymousTrack()] * 257)
    with pytest.raises(AssertionError, match=r"cell_x.*4096"):
        AnonymousTracks(cell_x=[0] * 4097)
    with pytest.raises(AssertionError, match="camera"):
        AnonymousTracks(camera="c" * 65)
