# SPDX-License-Identifier: Apache-2.0
"""What an audit's findings mean, as a list of problems and as a table."""

from collections.abc import Sequence

from rich.table import Table

from privcv_perception.residue.audit import MOMENTS, Finding

OURS = "our buffers"


def problems(findings: Sequence[Finding]) -> list[str]:
    """What must not be: pixels that stayed, packets that survived a pause, an audit that is blind.

    While frames play they are there, of course; that they are found shows that the audit sees.
    """
    found = []
    for finding in findings:
        where = f"{finding.codec}, {finding.moment}"
        if not finding.protected:
            continue
        if finding.moment == MOMENTS[0]:
            if not finding.pixels and not finding.packets:
                found.append(f"{where}: nothing found at all, so the audit is blind")
            continue
        for owner in sorted({hit.owner for hit in finding.pixels}):
            found.append(f"{where}: {finding.frames(owner):.3f} frames in {owner}")
        if finding.moment != MOMENTS[1] and finding.packet_count:
            found.append(f"{where}: {finding.packet_count} pieces of compressed frames")
    for codec in sorted({finding.codec for finding in findings if not finding.protected}):
        control = [f for f in findings if f.codec == codec and not f.protected]
        if not any(finding.frames(OURS) for finding in control):
            found.append(f"{codec}: no frame in the control's buffers, so the audit is blind")
    return found


def as_table(findings: Sequence[Finding]) -> Table:
    """One line per moment: frames' worth of pixels by owner, and pieces of packets."""
    table = Table(title="Residue of canary frames, in frames' worth of pixels")
    for name in ("codec", "protection", "moment", OURS, "elsewhere in memory"):
        table.add_column(name)
    table.add_column("shared memory, files")
    table.add_column("packets, pieces")
    for finding in findings:
        ours = finding.frames(OURS)
        outside = finding.frames("shared memory", "file", "mapped file")
        table.add_row(
            finding.codec,
            "on" if finding.protected else "off",
            finding.moment,
            f"{ours:.2f}",
            f"{finding.frames() - ours - outside:.2f}",
            f"{outside:.2f}",
            str(finding.packet_count),
        )
    return table
