# SPDX-License-Identifier: Apache-2.0
"""``privcv demo``: the whole pipeline on a video, in one command."""

import sys
from pathlib import Path

import click

from privcv_core.settings.number_option import Number


@click.command()
@click.option("--video", default="", help="A file, an RTSP address or a device instead.")
@click.option("--site", type=click.Path(path_type=Path), help="A site file instead.")
@click.option(
    "-o",
    "--output",
    default="out/demo",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder of the report.",
)
@click.option(
    "--duration",
    type=Number(above=0, high=31536000),
    help="Stop after so many seconds; live sources: 60.",
)
@click.option("--serve", is_flag=True, help="Then show the collector's pages until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print the totals as JSON.")
def command(
    video: str,
    site: Path | None,
    output: Path,
    duration: float | None,
    serve: bool,
    as_json: bool,
) -> None:
    """Run one camera's graph and a local collector on a video, and write a report.

    Without --video it plays a public recording from $PRIVCV_DATA (default ../shared) where that
    is, else a room that it renders itself.

    \b
    Examples:
      privcv demo
      privcv demo --video lobby.mp4
      privcv demo --video rtsp://camera.local/stream --duration 300
      privcv demo --serve
    """
    import json

    from privcv_bringup.demo.demo import run_demo
    from privcv_bringup.demo.folder import TOKEN_FILE, database_of, refuse_foreign_folder
    from privcv_bringup.demo.input import choose_input
    from privcv_bringup.demo.progress import Progress
    from privcv_bringup.report.build import build_report
    from privcv_collector.serve import Address
    from privcv_collector.serve import serve as serve_pages
    from privcv_collector.settings import CollectorSettings
    from privcv_site.preflight import check_site

    chosen = choose_input(video, site)
    check_site(chosen.site, chosen.name)
    refuse_foreign_folder(output, (site, *chosen.site.files_read))
    log = output / "log.txt"
    with Progress(chosen, quiet=as_json) as progress:
        limit_s = duration or (60.0 if chosen.is_live else None)
        outcome = run_demo(chosen.site, output, limit_s, progress.show, log)
    report = build_report(chosen, outcome, output)
    if as_json:
        click.echo(json.dumps({**outcome.release, "report": str(report)}, indent=2))
    else:
        click.echo(f"report: {report}")
        click.echo(f"log:    {log}")
        if not serve:
            click.echo(f"pages:  privcv collector --db {database_of(output)}")
        click.echo(f"        sign in with the token in {output / TOKEN_FILE}")
    if outcome.fault:
        click.echo(f"privcv: ended early: {outcome.fault}", err=True)
    elif not outcome.totals:
        click.echo("privcv: nothing was released: the run was shorter than a window", err=True)
    if serve:
        serve_pages(CollectorSettings(db=database_of(output)), Address())
    sys.exit(1 if outcome.fault or not outcome.totals else outcome.exit_status)
