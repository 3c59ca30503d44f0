# SPDX-License-Identifier: Apache-2.0
"""``privcv dsr letter``: one page for the person who asked; the evidence is the officer's."""

from pathlib import Path

import click

from privcv_compliance.cli.site_option import site_option
from privcv_compliance.languages.catalogue import PUBLIC_LANGUAGES


@click.command()
@click.argument("request_id")
@site_option
@click.option(
    "--lang", type=click.Choice(PUBLIC_LANGUAGES), default="en", show_default=True,
    help="Language of what is written.",
)  # fmt: skip
@click.option(
    "--outcome",
    type=click.Choice(["granted", "not identified"]),
    help="What was decided, where the letter comes before 'dsr answer'.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write: .pdf, .html or .md.",
)
def letter(request_id: str, site_path: Path, lang: str, outcome: str | None, output: Path) -> None:
    """Write the letter to the person who asked: one page, in plain words, without evidence.

    For access and erasure answer first ('dsr access', 'dsr delete'): the letter says what was
    found. For an objection or a request that cannot be linked to anybody, name the outcome, send
    the letter, and enter it with 'dsr answer'. A refusal needs your own reasons: write it by hand.

    \b
    Examples:
      privcv dsr letter 1a2b3c4d --site site.yaml --lang de -o letter.pdf
      privcv dsr letter 1a2b3c4d --site site.yaml --outcome granted -o letter.pdf
    """
    from privcv_compliance.answers.letter import Outcome, write_letter
    from privcv_compliance.answers.requests import find_request
    from privcv_compliance.documents.public_document import write_public
    from privcv_compliance.languages.reviewed import review_note
    from privcv_compliance.notice.details import details_of
    from privcv_compliance.site_file import SiteFile
    from privcv_core.files.output_file import refuse_input

    site = SiteFile.read(site_path)
    request = find_request(site.audit.folder, request_id, site.time_zone)
    cameras = [details_of(site, site.camera(name)) for name in request.cameras]
    refuse_input(output, (site_path, cameras[0].answers.path))
    today = site.today()
    found = Outcome(outcome or request.outcome, (None if outcome else request.answered_on) or today)
    document = write_letter(request, found, cameras, today).translated(lang)
    write_public(document, output, most_pages=1)
    click.echo(f"{output}: request {request.id}: {found.word}")
    if note := review_note(lang):
        click.echo(note, err=True)
