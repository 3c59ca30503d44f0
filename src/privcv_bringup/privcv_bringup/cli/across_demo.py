# SPDX-License-Identifier: Apache-2.0
"""``privcv across demo``: sums over sites on one machine, in one command."""

from pathlib import Path

import click


@click.command()
@click.option(
    "-o",
    "--output",
    default="out/across-demo",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder of the report.",
)
def command(output: Path) -> None:
    """Let five made-up sites count, two collectors add up and a witness look on; write a report.

    Everything is the real program: both collectors are processes that talk over TLS, devices join
    the task, pay for it in their ledgers and deliver through their outboxes. Only the visitors are
    made up, so that the truth is known. On one machine both collectors have one owner, of course:
    what this shows is how it works, not that somebody keeps to it.

    \b
    Example:
      privcv across demo
    """
    from privcv_bringup.across_demo.page import write_across_page
    from privcv_bringup.across_demo.run import run_across_demo
    from privcv_bringup.demo.folder import empty_folder, refuse_foreign_folder

    refuse_foreign_folder(output, ())
    empty_folder(output)
    seen = run_across_demo(output.resolve(), click.echo)
    write_across_page(output / "report.html", seen)
    click.echo(f"report: {output / 'report.html'}")
