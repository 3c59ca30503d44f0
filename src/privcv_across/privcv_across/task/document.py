# SPDX-License-Identifier: Apache-2.0
"""What a task says: who sums up what, of whom, with what noise, and until when.

Names of the sum, of sealing and of how shares are added up are looked up in registries, each with
a version, so that another can be taken without another document.
"""

import hashlib
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from privcv_across.errors import TaskError
from privcv_across.messages.configuration import TaskConfiguration, task_interval
from privcv_across.messages.presentation import integer
from privcv_across.noise.floor import Floor
from privcv_across.sealing.hpke import SUITES, HpkeConfig
from privcv_across.sealing.sum_task import SumTask
from privcv_across.task.methods import METHODS, NAMES, SumMethod
from privcv_across.vdaf.registry import SUMS, build_sum
from privcv_core.errors import PrivcvError
from privcv_core.protocol import base64url
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.signing import is_public_key
from privcv_core.protocol.timestamps import parse_rfc3339_whole
from privcv_core.settings.label import Label

MOST_CELLS, MOST_SITES = 1024, 10_000
LONGEST_TASK_S = 400 * 86_400
_WIDTHS = {"length": 4, "chunk_length": 4, "max_value": 8, "max_measurement": 8}
_ORDER = ("length", "max_value", "max_measurement", "chunk_length")
"""Of the parameters of a sum in ``TaskConfiguration`` (DAP, appendix on VDAF configurations)."""


def _key(text: str) -> str:
    if not is_public_key(text):
        raise ValueError("is no public Ed25519 key in base64url")
    return text


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an https:// address without a question mark or a #")
    if parts.username or parts.password or not text.endswith("/"):
        raise ValueError("must end with / and hold no user name")
    return text


def _time(text: str) -> str:
    parse_rfc3339_whole(text)
    return text


PublicKey = Annotated[str, AfterValidator(_key)]
Address = Annotated[str, Field(max_length=512, pattern=r"^[\x21-\x7e]+$"), AfterValidator(_address)]
Time = Annotated[str, AfterValidator(_time)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Cell = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,63}(/[a-z0-9_]{1,63}){0,3}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Operator(_Strict):
    """Who runs a collector and answers for it."""

    name: Label = Field(min_length=1, description="What people call it.")
    key: PublicKey = Field(description="Ed25519: signs tasks.")


class Collector(_Strict):
    """One of the two collectors."""

    url: Address = Field(description="Where its interface is.")
    operator: Operator
    hpke: str = Field(max_length=64, description="HpkeConfig of DAP, base64url: seals shares.")
    sign: PublicKey = Field(description="Ed25519: signs closes and totals.")

    @property
    def config(self) -> HpkeConfig:
        """The key to seal shares with; raises ``MalformedMessage`` or ``EnvelopeError``."""
        return HpkeConfig.decode(base64url.decode(self.hpke))


class Vdaf(_Strict):
    """The sum: its number in the registry of VDAFs, the version of its bytes, its parameters."""

    id: int = Field(ge=0, lt=2**32)
    version: Literal[18] = 18
    parameters: dict[str, int] = Field(max_length=4)


class Method(_Strict):
    """How shares are sealed and added up, by name and version."""

    sealing: Literal[tuple(SUITES)]  # type: ignore[valid-type]
    sum: Literal[NAMES] = "two_collectors"  # type: ignore[valid-type]
    version: int = 1

    @property
    def adds(self) -> SumMethod:
        """How shares are added up; raises ``TaskError`` for a version that is not known."""
        if (self.sum, self.version) not in METHODS:
            raise TaskError(f"method.version: {self.sum} {self.version} is not known here")
        return METHODS[self.sum, self.version]


class Noise(_Strict):
    """What is added to each total before anybody sees it."""

    mechanism: Literal["discrete_laplace"] = "discrete_laplace"
    by: Literal["each collector"] = "each collector"
    votes: int = Field(ge=1, le=64, description="Cells that one visit may count in.")
    epsilon: float = Field(gt=0, le=8, allow_inf_nan=False, description="Of one visit, per task.")


class Task(_Strict):
    """See the module."""

    v: Literal[1] = 1
    kind: Literal["counts"] = "counts"
    leader: Collector
    helper: Collector
    window_s: int = Field(ge=60, le=86_400, description="Seconds; windows begin at multiples.")
    cells: list[Cell] = Field(min_length=1, max_length=MOST_CELLS)
    vdaf: Vdaf
    method: Method
    verification: Digest = Field(
        description="SHA-256 of the key by which both collectors verify and which no device knows; "
        "of another method see ``methods``."
    )
    roster: list[PublicKey] = Field(
        min_length=2, max_length=MOST_SITES, description="Keys of the devices, in rising order."
    )
    min_sites: int = Field(ge=2, description="Sites without which no total is made.")
    close_after_s: int = Field(ge=0, le=86_400, description="Seconds after a window's end.")
    noise: Noise
    floor_epsilon: float = Field(
        gt=0, le=16, allow_inf_nan=False,
        description="Of a visit, should both collectors share what they have: a seat belt.",
    )  # fmt: skip
    attestation: Literal["none", "device", "collectors", "all"] = Field(
        default="none", description="Whose state has to be proved; none: what is shown is reported."
    )
    begins: Time
    expires: Time

    @model_validator(mode="after")
    def _fits_together(self) -> "Task":
        if len(set(self.cells)) < len(self.cells):
            raise ValueError("cells: has one twice")
        if self.roster != sorted(set(self.roster)):
            raise ValueError("roster: must be in rising order, with none twice")
        if self.min_sites > len(self.roster):
            raise ValueError(f"min_sites: {self.min_sites}, and the roster has {len(self.roster)}")
        start, end = (moment.timestamp() for moment in self.interval)
        if start % self.window_s or end % self.window_s or not 0 < end - start <= LONGEST_TASK_S:
            raise ValueError("begins, expires: must be starts of windows, at most 400 days apart")
        if self.vdaf.id not in SUMS or self.vdaf.parameters.get("length") != len(self.cells):
            raise ValueError("vdaf: must be a sum that is known, of as many counts as cells")
        try:
            self.method.adds  # noqa: B018 - a version that nobody knows
            if not build_sum(
                self.vdaf.id, self.vdaf.parameters, version=self.vdaf.version
            ).public_share_size:
                raise ValueError("vdaf: does not commit to its shares")
            for name in ("leader", "helper"):
                if getattr(self, name).config.suite != self.method.sealing:
                    raise ValueError(f"{name}.hpke: is for another suite than method.sealing")
        except PrivcvError as error:
            raise ValueError(str(error)) from error
        return self

    @property
    def interval(self) -> tuple[datetime, datetime]:
        """(begins, expires)."""
        return parse_rfc3339_whole(self.begins), parse_rfc3339_whole(self.expires)

    @property
    def cap(self) -> int:
        """The most that one site can add to one cell (for a bounded sum: to all together)."""
        parameters = self.vdaf.parameters
        return parameters.get("max_value", parameters.get("max_measurement", 1))

    @property
    def floor(self) -> Floor:
        """The noise under each report; raises ``ParameterError``."""
        return Floor(self.floor_epsilon, self.noise.votes)

    @property
    def most_visits(self) -> int:
        """How many visits a device may count in a window so that its report is always one that the
        sum takes; below 1 where the cap leaves no room beside the floor.

        Half of what the cap leaves above the offsets is kept for the floor's noise. Were the cap to
        bind on honest counts, one visit would push out another's votes.
        """
        room = 2 * self.floor.offset
        if "max_value" in self.vdaf.parameters:  # of all cells together
            return (self.cap - room * len(self.cells)) // self.noise.votes
        return self.cap - room

    def encode(self) -> bytes:
        """Canonical JSON (RFC 8785), which is what is signed and what the id is of."""
        return canonical(self.model_dump())

    @property
    def task_id(self) -> bytes:
        """SHA-256 of the document, 32 bytes."""
        return hashlib.sha256(self.encode()).digest()

    def sum_task(self) -> SumTask:
        """What device and collectors compute with; raises ``AcrossError``, and ``TaskError`` where
        nothing is shared."""
        if not self.method.adds.shares:
            raise TaskError(f"method.sum: {self.method.sum} has no shares")
        start, end = (int(moment.timestamp()) // self.window_s for moment in self.interval)
        parameters = self.vdaf.parameters
        configuration = TaskConfiguration(
            task_info=self.task_id,
            leader=self.leader.url,
            helper=self.helper.url,
            time_precision=self.window_s,
            min_batch_size=self.min_sites,
            vdaf_type=self.vdaf.id,
            vdaf_configuration=b"".join(
                integer(parameters[name], _WIDTHS[name]) for name in _ORDER if name in parameters
            ),
            extensions=(task_interval(start, end - start),),
        )
        return SumTask(
            self.task_id,
            configuration,
            parameters,
            self.leader.config,
            self.helper.config,
            bytes.fromhex(self.verification),
            frozenset(base64url.decode(key) for key in self.roster),
            self.floor,
        )
