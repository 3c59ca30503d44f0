# SPDX-License-Identifier: Apache-2.0
"""``privcv pause``: for some minutes nobody is counted, because somebody objects."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from privcv_compliance.cli.site_option import site_option
from privcv_core.authorization.pause_note import LONGEST_MINUTES
from privcv_core.settings.graph_options import namespace_option

if TYPE_CHECKING:
    from privcv_compliance.site_file import SiteFile


@click.command()
@site_option
@click.option("--camera", "cameras", multiple=True, help="Camera to pause.  [default: all]")
@click.option(
    "--minutes",
    type=click.IntRange(1, LONGEST_MINUTES),
    required=True,
    help="How long; it ends by itself, and a longer one that goes on stays.",
)
@click.option(
    "--through-desk",
    is_flag=True,
    help="Ask 'privcv desk listen' on the graph: for who may not write to the state folder.",
)
@namespace_option
def command(
    site_path: Path, cameras: tuple[str, ...], minutes: int, through_desk: bool, namespace: str
) -> None:
    """Count nobody for some minutes: an objection, at once, without a name (GDPR Art. 21).

    The camera is released before its next frame, and all that it had seen in memory is wiped. That
    there was a pause, when and how long, goes to the audit log and shows in the coverage of the
    reports. Whoever may write to the state folder may pause, or, through the desk, whoever may read
    the secret of the device.

    \b
    Examples:
      privcv pause --site site.yaml --minutes 10
      privcv pause --site site.yaml --minutes 5 --camera lobby
      privcv pause --site site.yaml --minutes 5 --through-desk
    """
    from privcv_compliance.objection.pausing import pause_cameras
    from privcv_compliance.site_file import SiteFile
    from privcv_core.settings.time_zone import wall_clock

    site = SiteFile.read(site_path, namespace)
    if through_desk:
        _ask_the_desk(site, cameras, minutes)
        return
    for paused in pause_cameras(site, cameras, minutes, "desk"):
        click.echo(
            f"{paused.camera}: nobody is counted for {paused.minutes} min, until "
            f"{wall_clock(paused.until, site.time_zone)}"
        )


def _ask_the_desk(site: "SiteFile", cameras: tuple[str, ...], minutes: int) -> None:
    from privcv_compliance.graph.live_graph import RunningGraph
    from privcv_compliance.graph.roles import MAY_PAUSE
    from privcv_core.settings.time_zone import wall_clock

    names, space = [site.camera(name).name for name in cameras], site.site.namespace
    with RunningGraph(site.site.graph_secret, 0.0, MAY_PAUSE[1:], space) as graph:
        for name in names or [""]:
            until = wall_clock(graph.pause(name, minutes), site.time_zone)
            click.echo(f"{name or 'every camera'}: nobody is counted until {until}")
