# SPDX-License-Identifier: Apache-2.0
"""Whether an audit log is what was written: every entry, its order, its beginning and its end."""

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from privcv_core.audit.entry import GENESIS, AuditLogError, Entry, Head, read_entry
from privcv_core.audit.events import STATED_BY
from privcv_core.audit.fact_types import fault_of
from privcv_core.audit.files import AS_WHO_MAY_READ, files_of, lines_in, strangers_in
from privcv_core.audit.retention import Sighting
from privcv_core.audit.verification import Asked, ChainReport, Problem, Verification

_ATTEMPTS = 3
_WRITER_IS_BUSY_S = 0.05


def verify_chain(
    folder: Path,
    chain: str,
    kept: Sequence[Head] = (),
    since: int = 0,
    *,
    retain_days: int = 0,
    sightings: Iterable[Sighting] = (),
) -> ChainReport:
    """Verify the hash chain ``chain``: read every entry and hold it against ``kept``, known heads.

    Shown without checkpoints: an edited entry, a deleted one, a changed order, a beginning that is
    missing without a record of its pruning, a pruning before its time, running time that goes back,
    a file that is missing, empty, renamed, cut or cannot be read, facts that no entry may have.
    Shown with them too: an end that was cut off, and one that was cut off and written anew. With
    ``since`` reading begins with the file that holds that entry, for those who have verified what
    is before it. ``retain_days``: the retention that had to be kept; 0: what each
    deletion says was in force. ``sightings``: when kept checkpoints were taken, by which too the
    ages of what was deleted are judged. Never raises for what lies on the disk: that is what it
    reports.
    """
    asked = Asked(retain_days, tuple(sightings))
    for attempt in range(_ATTEMPTS):
        try:
            files = files_of(folder, chain, since)
            report = Verification(chain, kept, since, asked).read(
                files, strangers_in(folder, chain)
            )
            if files == files_of(folder, chain, since) and not report.may_be_under_way:
                break
        except AuditLogError as error:
            return ChainReport(chain, 0, 0, Head(0, GENESIS), 0, (Problem(chain, str(error)),))
        if attempt + 1 < _ATTEMPTS:
            time.sleep(_WRITER_IS_BUSY_S)  # its writer begins a file just now: look again
    return report


def read_chain(
    folder: Path, chain: str, event: str = "", *, senseless: bool = False, since: int = 0
) -> Iterator[Entry]:
    """The entries of ``chain`` that are whole, in order; ``verify_chain`` tells of the others.

    Whole ones have the facts that ``fact_types`` asks for, but for people who look at all of them
    (``senseless``). With ``event`` only those of that event, which is much faster in a long chain;
    after entry ``since`` only, for those who have read what is before it.
    Raises ``AuditLogError`` where a file cannot be read.
    """
    wanted = f'"event":"{event}"'.encode() if event else b""
    read_to = since
    for _ in range(_ATTEMPTS):
        files = files_of(folder, chain, since=read_to)
        last = read_to
        for path in files:
            for entry in _whole_entries(path, wanted):
                if entry.sequence > read_to:
                    last = max(last, entry.sequence)
                    if event in ("", entry.event) and (senseless or _is_said(chain, entry)):
                        yield entry
        if files == files_of(folder, chain, since=read_to):
            return
        read_to = last  # the writer began a new file meanwhile: what it moved there was missed


def _is_said(chain: str, entry: Entry) -> bool:
    return entry.chain == chain == STATED_BY.get(entry.event, chain) and not fault_of(entry)


def _whole_entries(path: Path, wanted: bytes) -> Iterator[Entry]:
    try:
        for _, line in lines_in(path):
            if wanted in line and line.endswith(b"\n"):
                try:
                    yield read_entry(line)
                except ValueError:
                    continue
    except FileNotFoundError:
        return  # pruned by its writer, or gone: verify_chain tells which
    except OSError as error:
        hint = f"; {AS_WHO_MAY_READ}" if isinstance(error, PermissionError) else ""
        raise AuditLogError(f"{path}: audit log cannot be read: {error.strerror}{hint}") from error
