# SPDX-License-Identifier: Apache-2.0
"""The list of evidence at the end of a document: each file once with its digest, and short names.

A document cites a site file dozens of times; its path and digest are told once.
"""

import re
from collections.abc import Iterable, Iterator

_IN_A_FILE = re.compile(r"(?P<file>(?P<path>.+) \(sha256 [^()]+\))(?P<key>: .+)?")


def evidence_lines(evidence: Iterable[tuple[str, str]]) -> Iterator[str]:
    """``E1  setting: site.yaml: privacy.k`` and so on, then which file ``site.yaml`` is.

    ``evidence``: kind and reference of each, in order.
    """
    items = list(evidence)
    names = _short_names(reference for _, reference in items)
    for number, (kind, reference) in enumerate(items, start=1):
        match = _IN_A_FILE.fullmatch(reference)
        text = f"{names[match['file']]}{match['key'] or ''}" if match else reference
        yield f"E{number}  {kind}: {text}"
    for file, name in names.items():
        if name != file:
            yield f"{name}: {file}"


def _short_names(references: Iterable[str]) -> dict[str, str]:
    """Path with digest -> the name of the file, where no other file has it."""
    files = {
        match["file"]: match["path"].rpartition("/")[2]
        for reference in references
        if (match := _IN_A_FILE.fullmatch(reference))
    }
    names = list(files.values())
    return {file: name if names.count(name) == 1 else file for file, name in files.items()}
