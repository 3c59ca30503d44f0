# SPDX-License-Identifier: Apache-2.0
"""Settings of a source of frames."""

from datetime import date, timezone
from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator, model_validator

from privcv_core.masking import mask_address, problem_of, remember
from privcv_core.protocol.timestamps import LATEST_EVENT_NS, parse_iso8601, to_ns
from privcv_core.settings.extensions import KIND, ChosenByKind
from privcv_core.settings.model import AT_START, resolve_path
from privcv_core.settings.topic_name import check_topic_name


class SourceSettings(ChosenByKind):
    """Where a camera's frames come from and how they are paced."""

    door = "sources"
    ours = ("file", "v4l2", "rtsp", "topic")

    kind: str = Field(
        pattern=KIND, max_length=64, json_schema_extra=AT_START,
        description="What uri names: a video file, a V4L2 device (v4l2), an RTSP stream (rtsp) or "
        "an image topic (topic); or the name of a source that an installed package adds.",
    )  # fmt: skip
    uri: str = Field(
        "",
        max_length=1024,
        json_schema_extra=AT_START,
        description="file: path, relative to the settings file. v4l2: device path or index, such "
        "as /dev/video0 or 0. rtsp: URL, rtsp://[user:password@]host[:port]/path. topic: name of a "
        "sensor_msgs/Image topic, or of a CompressedImage topic ending in /compressed. Of a "
        "package's kind: what that says, or nothing.",
    )
    fps: float = Field(
        0.0,
        ge=0.0,
        le=1000.0,
        description="Frames per second. file: overrides the rate that the container states "
        "(0: as stated). v4l2, rtsp and topic: take at most so many (0: all of them).",
    )
    start: str = Field(
        "file",
        description="Event time of a file's first frame: 'file' (its modification time, whole "
        "seconds), 'now' (when opened) or a time such as 2026-01-31T08:00:00Z.",
    )
    rate: float = Field(
        0.0,
        ge=0.0,
        le=1000.0,
        description="Speed at which a file is played: 1 real time, 10 ten times as fast, "
        "0 as fast as its frames are taken.",
    )
    drop_late: bool = Field(
        False,
        description="Skip frames of a paced file that are overdue, as a live camera would; "
        "otherwise the file lags and no frame is lost.",
    )
    loop: bool = Field(
        False, description="Play a file again from its first frame at its end; time goes on."
    )
    width: int = Field(
        0,
        ge=0,
        le=16384,
        description="Width to ask of a V4L2 device, px; it takes the nearest that it has "
        "(0, with height 0: 640x480).",
    )
    height: int = Field(
        0, ge=0, le=16384, description="Height to ask of a V4L2 device, px; goes with width."
    )
    reliable: bool = Field(
        False,
        description="topic: ask for reliable delivery, as replays need; camera drivers offer less.",
    )
    replayed: bool = Field(
        False,
        description="topic: played by 'privcv replay', which says when it has ended; nothing that "
        "is on the topic itself ends a camera.",
        json_schema_extra=AT_START,
    )
    stall_s: float = Field(
        5.0, ge=0.5, le=60.0, description="A live camera without a frame for so long is lost, s."
    )
    retry_first_s: float = Field(
        1.0, ge=0.1, le=60.0, description="Pause before the first attempt to reopen, s."
    )
    retry_longest_s: float = Field(
        30.0, ge=0.1, le=3600.0, description="Longest pause between attempts to reopen, s."
    )

    @field_validator("uri")
    @classmethod
    def _resolve_file(cls, value: str, info: ValidationInfo) -> str:
        if "\0" in value:
            raise ValueError("must not hold a zero byte")
        if not value and info.data.get("kind") in cls.ours:
            raise ValueError("is required: name the file, device, stream or topic")
        if info.data.get("kind") == "file":
            return str(resolve_path(Path(value), info))
        if info.data.get("kind") == "topic":
            return check_topic_name(value)
        return value

    @field_validator("start", mode="before")
    @classmethod
    def _take_yaml_time(cls, value: object) -> object:
        # YAML makes a time or a date of what is not in quotes.
        return str(value) if isinstance(value, date) else value

    @field_validator("start")
    @classmethod
    def _check_start(cls, value: str) -> str:
        if value not in ("file", "now"):
            parse_time_ns(value)
        return value

    @model_validator(mode="after")
    def _check_kind(self) -> "SourceSettings":
        if self.kind == "rtsp":
            self._check_address()
        if not self.is_ours:
            remember(self.uri)
        if self.kind != "file" and (self.rate or self.loop or self.start != "file"):
            raise ValueError("start, rate and loop: are settings of a file, not of a live camera")
        if bool(self.width) != bool(self.height):
            raise ValueError("width and height: give both or neither")
        if self.retry_longest_s < self.retry_first_s:
            raise ValueError("retry_longest_s: must not be less than retry_first_s")
        return self

    @property
    def label(self) -> str:
        """The source in words for people, without the secrets that its address may hold."""
        return f"{self.kind} {mask_address(self.uri)}".rstrip()

    def _check_address(self) -> None:
        remember(self.uri)
        if not self.uri.startswith(("rtsp://", "rtsps://")):
            raise ValueError("uri: an rtsp source needs a URL that starts with rtsp:// or rtsps://")
        if problem := problem_of(self.uri):
            raise ValueError(f"uri: the address {problem}")


def parse_time_ns(text: str) -> int:
    """An RFC 3339 time, to ns since the epoch; without a zone it is UTC. Raises ``ValueError``."""
    try:
        moment = parse_iso8601(text)
    except (ValueError, OverflowError):
        raise ValueError("must be 'file', 'now' or a time such as 2026-01-31T08:00:00Z") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    time_ns = to_ns(moment)
    if not 0 <= time_ns <= LATEST_EVENT_NS:
        raise ValueError("must lie between 1970 and 2037: the stamps of ROS end in January 2038")
    return time_ns
