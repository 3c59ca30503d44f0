# SPDX-License-Identifier: Apache-2.0
"""``privcv dpia``: the impact assessment of a site, and the questions that it needs answered."""

from datetime import datetime, timezone
from pathlib import Path

import click

from privcv_compliance.cli.document_output import (
    answers_option,
    language_option,
    output_option,
    write_or_print,
)
from privcv_compliance.cli.site_option import also_option

_site = click.option(
    "--site",
    "site_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Site file.",
)


@click.group(invoke_without_command=True)
@_site
@output_option
@also_option
@answers_option
@language_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(
    context: click.Context,
    site_path: Path | None,
    output: Path | None,
    also: tuple[Path, ...],
    answers_path: Path | None,
    language: str,
    as_json: bool,
) -> None:
    """Write the impact assessment of a site, each sentence with its evidence.

    What only the controller can say stands in dpia.yaml beside the site file: 'privcv dpia init'
    asks for it. Until all is there the document is called evidence for the assessment.

    \b
    Examples:
      privcv dpia init --site site.yaml
      privcv dpia --site config/demo.yaml -o dpia.pdf
      privcv dpia --site site.yaml --lang de -o dsfa.pdf
    """
    if context.invoked_subcommand is not None:
        return
    if site_path is None:
        raise click.UsageError("Missing option '--site'.")
    from privcv_compliance.assessment.dpia import assess
    from privcv_compliance.controller.answers_file import AnswersFile
    from privcv_compliance.evidence.audit_facts import read_facts
    from privcv_compliance.evidence.state_scan import scan_site
    from privcv_compliance.site_file import SiteFile

    site = SiteFile.read(site_path)
    file = AnswersFile.read(answers_path) if answers_path else AnswersFile.beside(site)
    now = datetime.now(timezone.utc)
    scan, facts = scan_site(site, also), read_facts(site.audit.folder)
    document = assess(site, scan, facts, now, file).translated(language)
    digest = write_or_print(document, output, (site_path, file.path), as_json=as_json)
    if output is not None:
        click.echo(
            f"{output}: {document.facts['missing']} missing, "
            f"{document.facts['attention']} to attend to, "
            f"{document.facts['not_measured']} not measured; sha256 {digest}"
        )


@command.command()
@_site
@answers_option
@language_option
def init(site_path: Path | None, answers_path: Path | None, language: str) -> None:
    """Ask step by step for what only the controller can say, and keep it in dpia.yaml.

    Each answer is kept at once; an empty one leaves the question open, and Ctrl-C stops. Run again,
    it asks what is still open. The sign-off comes last, and again when something was changed.

    \b
    Example:
      privcv dpia init --site site.yaml --lang de
    """
    if site_path is None:
        raise click.UsageError("Missing option '--site'.")
    from privcv_compliance.assessment.interview import NONE, choices, interview, is_list
    from privcv_compliance.assessment.unanswered import Question, questions
    from privcv_compliance.controller.answers_file import AnswersFile, write_answers
    from privcv_compliance.languages.phrase import in_language, say
    from privcv_compliance.site_file import SiteFile

    site = SiteFile.read(site_path)
    file = AnswersFile.read(answers_path) if answers_path else AnswersFile.beside(site)

    def ask(question: Question, left: int) -> str:
        hint = "/".join(choices(question))
        if is_list(question):
            more = say("several parted by ';', '{none}' for none", none=NONE)
            hint = f"{hint} {in_language(more, language)}".strip()
        asked = in_language(say(question.asked), language)
        text: str = click.prompt(
            f"[{left}] {question.key}\n  {asked}" + (f" ({hint})" if hint else ""),
            default="",
            show_default=False,
        )
        return text

    answers = interview(
        file,
        site,
        ask,
        lambda answers: write_answers(answers, file.path),
        lambda error: click.echo(str(error), err=True),
    )
    left = sum(question.is_open for question in questions(answers, site))
    click.echo(f"{file.path}: {left} questions open")
