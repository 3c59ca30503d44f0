# SPDX-License-Identifier: Apache-2.0
"""Trajectories with true ids, read from the formats that public data sets come in.

Used by measurements only (``privcv evaluate privacy``, ``privcv redteam link``): the product itself
never sees a true identity.
"""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from privcv_core.files.input_file import read_input
from privcv_privacy.errors import PrivacyError

ETH_FRAMES_PER_S = 15.0  # annotated every 6th frame, 0.4 s
UCY_FRAMES_PER_S = 25.0  # annotated every 10th frame, 0.4 s
EDINBURGH_FRAMES_PER_S = 9.0
EDINBURGH_M_PER_PX = 0.0247
CSV_COLUMNS = ("t_s", "id", "x_m", "y_m")

_EDINBURGH_TRACK = re.compile(r"TRACK\.R(\d+)\s*=\s*\[\[(.*?)\]\s*;?\s*\]", re.DOTALL)


@dataclass(frozen=True)
class Trajectories:
    """Positions of people on the floor, a row per person and moment, sorted by time, then id."""

    t_s: npt.NDArray[np.float64]  # (n,) seconds from any origin
    id: npt.NDArray[np.int64]  # (n,) the same person has the same number
    x_m: npt.NDArray[np.float64]  # (n,)
    y_m: npt.NDArray[np.float64]  # (n,)

    def __len__(self) -> int:
        return len(self.t_s)


def load_trajectories(path: Path | str, format: str) -> Trajectories:
    """Read ``path`` in one of ``FORMATS``.

    ``eth``: ``frame id x z y ...`` at 15 frames/s; ``ucy``: ``frame id x y`` at 25 frames/s;
    ``edinburgh``: ``TRACK.Rn=[[x y frame];...]`` in pixels of 24.7 mm at 9 frames/s, y down the
    image; ``csv``: columns ``t_s,id,x_m,y_m`` in any order under a header, or in this order
    without one.

    Raises ``PrivacyError`` naming the file and the line or record that cannot be read.
    """
    path = Path(path)
    if format not in FORMATS:
        raise PrivacyError(f"format '{format}' is not one of {', '.join(FORMATS)}")
    try:
        text = read_input(path).decode("utf-8-sig")
    except OSError as error:
        raise PrivacyError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise PrivacyError(f"{path}: is not UTF-8 text") from error
    try:
        t_s, ids, x_m, y_m = FORMATS[format](text)
    except ValueError as error:
        raise PrivacyError(f"{path}: is not {format}: {error}") from error
    if len(t_s) == 0:
        raise PrivacyError(f"{path}: holds no {format} trajectory")
    if not (np.isfinite(t_s).all() and np.isfinite(x_m).all() and np.isfinite(y_m).all()):
        raise PrivacyError(f"{path}: holds a time or position that is not a finite number")
    order = np.lexsort((ids, t_s))
    return Trajectories(t_s[order], ids[order], x_m[order], y_m[order])


_Columns = tuple[
    npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]
]


def _eth(text: str) -> _Columns:
    rows = _table(text, at_least=5)
    return rows[:, 0] / ETH_FRAMES_PER_S, rows[:, 1].astype(np.int64), rows[:, 2], rows[:, 4]


def _ucy(text: str) -> _Columns:
    rows = _table(text, at_least=4)
    return rows[:, 0] / UCY_FRAMES_PER_S, rows[:, 1].astype(np.int64), rows[:, 2], rows[:, 3]


def _edinburgh(text: str) -> _Columns:
    parts = []
    for match in _EDINBURGH_TRACK.finditer(text):
        points = match.group(2).replace("[", " ").replace("]", " ").split(";")
        try:
            rows = np.array([point.split() for point in points if point.strip()], dtype=np.float64)
        except ValueError as error:
            raise ValueError(f"record TRACK.R{match.group(1)}: {error}") from error
        if rows.ndim != 2 or rows.shape[1] != 3:
            raise ValueError(f"record TRACK.R{match.group(1)}: expected [x y frame]")
        parts.append(np.column_stack([rows, np.full(len(rows), int(match.group(1)))]))
    rows = np.concatenate(parts) if parts else np.empty((0, 4))
    return (
        rows[:, 2] / EDINBURGH_FRAMES_PER_S,
        rows[:, 3].astype(np.int64),
        rows[:, 0] * EDINBURGH_M_PER_PX,
        rows[:, 1] * EDINBURGH_M_PER_PX,
    )


def _csv(text: str) -> _Columns:
    lines = [line for line in csv.reader(text.splitlines()) if any(cell.strip() for cell in line)]
    columns: list[int] = list(range(4))
    if lines and not _is_number(lines[0][0]):
        header = [cell.strip() for cell in lines.pop(0)]
        missing = [name for name in CSV_COLUMNS if name not in header]
        if missing:
            raise ValueError(f"the header lacks {', '.join(missing)}")
        columns = [header.index(name) for name in CSV_COLUMNS]
    try:
        t_s, names, x_m, y_m = ([line[column].strip() for line in lines] for column in columns)
    except IndexError as error:
        raise ValueError(f"a row has fewer than {max(columns) + 1} columns") from error
    _, ids = np.unique(np.array(names, dtype=str), return_inverse=True)
    return (
        np.array(t_s, dtype=np.float64),
        ids.astype(np.int64).reshape(-1),
        np.array(x_m, dtype=np.float64),
        np.array(y_m, dtype=np.float64),
    )


def _table(text: str, at_least: int) -> npt.NDArray[np.float64]:
    """Rows of numbers between white space or commas; lines that begin with # or % are comments."""
    rows: list[list[float]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.replace(",", " ").split()
        if not cells or cells[0][0] in "#%":
            continue
        if len(cells) < at_least:
            raise ValueError(f"line {number} has {len(cells)} columns, expected {at_least}")
        rows.append([float(cell) for cell in cells[:at_least]])
    return np.array(rows, dtype=np.float64).reshape(-1, at_least)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


FORMATS: dict[str, Callable[[str], _Columns]] = {
    "eth": _eth,
    "ucy": _ucy,
    "edinburgh": _edinburgh,
    "csv": _csv,
}
"""Parsers by the name of their format."""
