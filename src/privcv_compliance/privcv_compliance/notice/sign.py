# SPDX-License-Identifier: Apache-2.0
"""The sign for the door: from the signed record, so that it says what the gate enforces."""

from pathlib import Path
from textwrap import wrap

from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence.authorizations import LAWFUL_BASES, describe_hours
from privcv_core.authorization.record import AuthorizationRecord
from privcv_core.files.atomic_file import replacing

A4_INCHES = (8.27, 11.69)
_LINE = 0.0215


def qr_content(record: AuthorizationRecord) -> str:
    """What the code leads to: the full notice where there is one, else the contact."""
    if record.notice_url:
        return record.notice_url
    contact = record.contact.strip()
    return f"mailto:{contact}" if "@" in contact and " " not in contact else contact


def notice_lines(record: AuthorizationRecord) -> list[tuple[str, str]]:
    """``(label, text)`` of each line of the sign, in order (GDPR Art. 13(1) and (2))."""
    return [
        ("Where", record.area),
        ("What for", record.purpose),
        ("Lawful basis", LAWFUL_BASES[record.lawful_basis]),
        ("When", f"{describe_hours(record.hours)} ({record.time_zone})"),
        ("Responsible", record.controller),
        ("Contact", record.contact),
        ("Authorized", f"by {record.authorized_by}, until {record.expires:%Y-%m-%d}"),
    ]


def rights(record: AuthorizationRecord) -> str:
    """The rights that the sign names (GDPR Art. 13(2)): which depends on the lawful basis."""
    if record.lawful_basis in ("public_task", "legitimate_interests"):  # GDPR Art. 21(1)
        return "You may ask what is held of you, and object."
    if record.lawful_basis == "consent":  # GDPR Art. 7(3)
        return "You may ask what is held of you, and withdraw your consent."
    return "You may ask what is held of you."


def render_notice(record: AuthorizationRecord, path: Path) -> None:
    """Write the sign to ``path`` (.pdf or .png, A4).

    Raises ``ComplianceError``, and ``FileWriteError`` where the disk refuses.
    """
    if path.suffix not in (".pdf", ".png"):
        raise ComplianceError(f"{path}: must end in .pdf or .png")
    import matplotlib as mpl
    import segno
    from matplotlib.figure import Figure

    mpl.rcParams["pdf.fonttype"] = 42
    figure = Figure(figsize=A4_INCHES)
    figure.text(0.5, 0.93, "People are counted here", fontsize=30, weight="bold", ha="center")
    figure.text(
        0.5,
        0.885,
        f"by a camera. {rights(record)}",
        fontsize=14,
        ha="center",
    )
    y = 0.82
    for label, text in notice_lines(record):
        figure.text(0.09, y, label, fontsize=12, weight="bold", va="top")
        for line in wrap(text, 58):
            figure.text(0.30, y, line, fontsize=12, va="top", parse_math=False)
            y -= _LINE
        y -= _LINE * 0.55
    symbol = segno.make(qr_content(record), error="m", micro=False)
    axes = figure.add_axes((0.34, 0.09, 0.32, 0.32 * A4_INCHES[0] / A4_INCHES[1]))
    axes.imshow(
        [[1 - module for module in row] for row in symbol.matrix],
        cmap="gray", interpolation="nearest", vmin=0, vmax=1,
    )  # fmt: skip
    axes.set_axis_off()
    figure.text(
        0.5, 0.065, qr_content(record), fontsize=10, ha="center", va="top", parse_math=False
    )
    figure.text(
        0.5, 0.03, f"Camera {record.camera}, {record.site}. Record {record.id}",
        fontsize=7, ha="center", color="#666666", parse_math=False,
    )  # fmt: skip
    metadata = {"Title": "People are counted here"}
    with replacing(path) as file:
        figure.savefig(file, format=path.suffix[1:], dpi=150, metadata=metadata)
