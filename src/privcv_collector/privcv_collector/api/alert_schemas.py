# SPDX-License-Identifier: Apache-2.0
"""The bodies of alerts: rules, channels, what changed, and the false alarms to expect."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator

from privcv_collector.device_bodies import Model
from privcv_core.settings.label import Label
from privcv_core.settings.model import Name

Kind = Literal["over", "under", "no_data"]
Certainty = Literal["surely", "possibly"]
Watched = Literal["presence", "queue", "visitors"]
MailAddress = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,189}$"),
]
Topic = Annotated[
    str, StringConstraints(max_length=64, pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$")
]
LEAST_SILENCE_S = 900


class RuleRequest(Model):
    """A rule over one place of one site."""

    site: Name
    camera: str = Field("", max_length=64, pattern=r"^([a-z][a-z0-9_]{0,62})?$")
    place: Name = Field(description="Name of the zone.")
    statistic: Watched
    kind: Kind
    certainty: Certainty = Field(
        "surely", description="'surely': the whole interval is beyond; 'possibly': a part of it."
    )
    threshold: float = Field(0, ge=0, le=1e6, description="People; of no use for 'no_data'.")
    clear: float | None = Field(
        None, ge=0, le=1e6, description="Where the alarm is over; null: at the threshold."
    )
    wait_s: int = Field(0, ge=0, le=86_400, description="How long it must last before it fires, s.")
    title: Label = Field("", description="Free text: show it as text.")
    channels: list[int] = Field([], max_length=16, description="Numbers of channels.")

    @model_validator(mode="after")
    def _fits_together(self) -> "RuleRequest":
        clear = self.recovery
        if self.kind == "over" and clear > self.threshold:
            raise ValueError("clear: an alarm of more people is over at the threshold or below it")
        if self.kind == "under" and clear < self.threshold:
            raise ValueError("clear: an alarm of fewer people is over at the threshold or above it")
        if self.kind == "no_data" and self.wait_s < LEAST_SILENCE_S:
            raise ValueError(
                f"wait_s: data are missing after {LEAST_SILENCE_S} s at the least, and only after "
                "the longest window"
            )
        return self

    @property
    def recovery(self) -> float:
        """The recovery threshold."""
        return self.threshold if self.clear is None else self.clear


class ChannelRequest(Model):
    """Who is told. Exactly one of 'url', 'topic' and 'to', as its kind needs."""

    name: Name
    kind: Literal["webhook", "mqtt", "email"]
    sites: list[Name] = Field([], max_length=256, description="Empty: every site.")
    url: str | None = Field(None, max_length=512, description="Of https, at a public address.")
    topic: Topic | None = Field(None, description="Below the topic of the collector's settings.")
    to: list[MailAddress] | None = Field(None, min_length=1, max_length=20)

    @model_validator(mode="after")
    def _one_target(self) -> "ChannelRequest":
        needed = {"webhook": "url", "mqtt": "topic", "email": "to"}[self.kind]
        given = [name for name in ("url", "topic", "to") if getattr(self, name) is not None]
        if given != [needed]:
            raise ValueError(f"a channel of kind {self.kind} has '{needed}' and no other")
        return self

    @property
    def target(self) -> dict[str, object]:
        """Where it leads."""
        given = {"url": self.url, "topic": self.topic, "to": self.to}
        return {name: value for name, value in given.items() if value is not None}


class RuleAnswer(BaseModel):
    """A rule that was added."""

    number: int


class ChannelAnswer(RuleAnswer):
    """A channel that was added."""

    secret: str = Field(description="Signs what a webhook gets; shown this once. '' for others.")


class AlertRule(BaseModel):
    """A rule and where it stands."""

    number: int
    site: str
    camera: str
    place: str
    statistic: Watched
    kind: Kind
    certainty: Certainty
    threshold: float
    clear: float
    wait_s: int
    title: str = Field(description="Free text: show it as text.")
    phase: Literal["quiet", "waiting", "firing"]
    since: str | None
    created_at: str
    channels: list[str] | None = Field(description="Names; null for viewers.")


class AlertEvent(BaseModel):
    """Something that changed."""

    rule: int
    number: int = Field(description="Of the rule's changes, from 1.")
    at: str
    change: Literal["fired", "cleared"]
    window_start: str | None
    low: float | None
    high: float | None
    delivered: int | None = Field(description="Channels that were told; null for viewers.")
    failed: list[str] | None = Field(description="Why others were not; null for viewers.")


class AlertsAnswer(BaseModel):
    """Rules in force, and the newest changes of each."""

    rules: list[AlertRule]
    events: list[AlertEvent]


class AlertChannel(BaseModel):
    """A channel, without what is secret of it."""

    number: int
    name: str
    kind: Literal["webhook", "mqtt", "email"]
    leads_to: str = Field(description="A host, a topic, or how many addresses; no more is shown.")
    sites: list[str] = Field(description="Empty: every site.")
    created_at: str


class ChannelsAnswer(BaseModel):
    """Channels in force."""

    channels: list[AlertChannel]


class ForecastAnswer(BaseModel):
    """False alarms of a rule, by the noise of its place's newest windows."""

    windows: int = Field(description="Of how many windows the noise was read; 0: nothing is known.")
    noise_sd: float | None = Field(description="People.")
    window_s: int | None
    per_week: float | None = Field(description="Expected where as many are there as usual.")
    per_week_at_threshold: float | None = Field(
        description="Expected where exactly as many are there as the threshold: the worst case."
    )
