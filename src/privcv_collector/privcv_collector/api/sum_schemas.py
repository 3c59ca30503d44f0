# SPDX-License-Identifier: Apache-2.0
"""Bodies of sums over sites, for the API's description and for checking."""

from pydantic import BaseModel, ConfigDict, Field

from privcv_collector.device_bodies import Model


class SumTask(BaseModel):
    """A task: what is summed over which sites, and with what noise."""

    task: str = Field(description="Its id, SHA-256 of the document, 64 hexadecimal digits.")
    leader: str = Field(description="Who operates the leader.")
    helper: str = Field(description="Who operates the helper, which is another.")
    cells: list[str]
    window_s: int
    sites: int = Field(description="Devices on its roster.")
    min_sites: int = Field(description="Sites without which no total is made.")
    epsilon: float = Field(description="What one visit pays over all totals of the task.")
    begins: str
    expires: str


class TasksAnswer(BaseModel):
    """The tasks of this collector."""

    tasks: list[SumTask]


class SumTotal(BaseModel):
    """One window of a task. Its numbers have the whole noise of both collectors."""

    task: str
    start: str = Field(description="When the window began, UTC.")
    window_s: int
    state: str = Field(description="'closed', or 'too_few': too few sites, and no total.")
    sites: int = Field(description="Sites that are in it.")
    late: int = Field(description="Reports that came after it was closed, and are not in it.")
    counts: list[int] | None = Field(
        description="Of each cell of the task. Noise can make one negative, which is told as it is."
    )
    half_width: int | None = Field(description="The true sum is within ± this ...")
    confidence: float | None = Field(description="... with this probability, for each cell.")


class SumTotalsPage(BaseModel):
    """Windows of a task, the newest first."""

    totals: list[SumTotal]
    next: int | None = Field(description="``before`` of the next page.")


class ProofQuestion(BaseModel):
    """Which report of which window; nobody but a device of the roster need know the id."""

    model_config = ConfigDict(extra="forbid")

    task: str = Field(pattern=r"^[0-9a-f]{64}$")
    time: int = Field(strict=True, ge=0, lt=2**53, description="In lengths of a window since 1970.")
    report_id: str = Field(pattern=r"^[0-9a-f]{32}$")


class ProofBody(Model):
    """The body of a device's question whether its report was counted."""

    proof: ProofQuestion


class CloseContent(BaseModel):
    """What the log's entry of a close is the digest of, as canonical JSON."""

    root: str = Field(description="Of the tree of the ids that were counted, hexadecimal.")
    sites: int
    state: str
    task: str
    time: int


class ProofAnswer(BaseModel):
    """Proof that a report was counted; without ``index`` it was not."""

    close: CloseContent
    index: int | None = Field(description="Number of the report's id in the tree.")
    hashes: list[str] = Field(description="Beside it, up to the root; hexadecimal.")
    log_proof: str | None = Field(
        description="That the close is in the log (c2sp.org/tlog-proof); null: not stated yet."
    )


class LogCheckpoint(BaseModel):
    """What the log states now."""

    checkpoint: str = Field(description="As it is signed, text.")


class LogEntriesPage(BaseModel):
    """Entries of the transparency log, as canonical JSON each, for who keeps a copy."""

    entries: list[str]
    next: int | None = Field(description="``first`` of the next page.")
