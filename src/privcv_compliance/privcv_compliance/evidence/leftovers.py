# SPDX-License-Identifier: Apache-2.0
"""Leftovers: files that should not be there, on disk or open for writing in a process."""

import os
from collections.abc import Sequence
from pathlib import Path

from privcv_compliance.documents.document import Evidence, Statement, state
from privcv_compliance.evidence.kinds_of_files import kind_of_file, problem_of_file
from privcv_compliance.evidence.running_processes import Processes
from privcv_compliance.evidence.state_scan import Found, Scan
from privcv_compliance.languages.phrase import Joined, say


def leftovers_of(scan: Scan, processes: Processes) -> list[Found]:
    """Every leftover: what the scan found, and what a process has open for writing elsewhere."""
    found = list(scan.leftovers)
    seen = {item.path for item in scan.found}
    for process in processes.graph:
        for path in process.files or ():
            is_scanned = any(folder in path.resolve().parents for folder in scan.folders)
            if path not in seen and not is_scanned and not _is_log(path):
                seen.add(path)
                size = path.stat().st_size if path.exists() else 0
                what = f"a file that process {process.pid} ({', '.join(process.nodes)}) writes to"
                found.append(Found(path, size, what, "a node writes outside the site's folders"))
    return found


def _is_log(path: Path) -> bool:
    """Whether this is where ROS keeps the log of a node, which is text that nodes wrote."""
    folder = os.environ.get("ROS_LOG_DIR") or os.path.join(
        os.environ.get("ROS_HOME") or Path.home() / ".ros", "log"
    )
    return path.suffix == ".log" and Path(folder).resolve() in path.resolve().parents


def name_leftovers(
    leftovers: Sequence[Found], evidence: Evidence, most: int | None = None
) -> list[Statement]:
    """Statements that name each leftover; those of one folder and kind are in one warning.

    Of those at most ``most`` are named, and the others counted.
    """
    alike: dict[tuple[Path, str, str], list[Found]] = {}
    for item in leftovers:
        alike.setdefault((item.path.parent, item.what, item.problem), []).append(item)
    return [
        state(
            "Leftover in {folder}: {files}: {what}; {problem}. Whether it shows anybody has to be "
            "judged by a person.",
            evidence,
            warn=True,
            folder=folder,
            files=_named(items, len(items) if most is None else most),
            what=kind_of_file(what),
            problem=problem_of_file(problem),
        )
        for (folder, what, problem), items in alike.items()
    ]


def _named(items: Sequence[Found], most: int) -> str:
    names = Joined(
        say("{name} ({bytes} bytes)", name=item.path.name, bytes=item.bytes)
        for item in items[:most]
    )
    more = len(items) - most
    return say("{names} and {more} more", names=names, more=more) if more > 0 else names
