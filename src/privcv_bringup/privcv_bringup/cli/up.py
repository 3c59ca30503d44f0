# SPDX-License-Identifier: Apache-2.0
"""``privcv up``: run the graph of a site file."""

import asyncio
import logging
import sys
from contextlib import nullcontext
from pathlib import Path

import click

from privcv_core.settings.graph_options import log_level_option, namespace_option


@click.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.option("--logs", type=click.Path(path_type=Path), help="Also write the output to this file.")
@click.option("--only", multiple=True, help="Only this process; may be repeated.")
@namespace_option
@log_level_option
@click.option("--json", "as_json", is_flag=True, help="Print an object per line, for programs.")
def command(
    site: Path,
    logs: Path | None,
    only: tuple[str, ...],
    namespace: str,
    log_level: str,
    as_json: bool,
) -> None:
    """Run the graph of a SITE file until Ctrl-C: start, watch, restart with backoff, stop.

    It tells when each camera runs and how, when one is lost and back, of the first release and the
    deliveries, and of everything that is wrong; never of people. Exits with the worst status of its
    processes.

    \b
    Examples:
      privcv up config/demo.yaml
      privcv up site.yaml --logs /var/log/privcv.log
      privcv up site.yaml --only lobby          # under systemd: one unit per process
      privcv up site.yaml --namespace robot1    # beside another device on the same domain
    """
    from privcv_bringup.run.console import narrate
    from privcv_bringup.run.housekeeping import housekeeping
    from privcv_bringup.run.logs import LogHandler, LogPrinter, runtime_folder
    from privcv_bringup.run.signals import stopping_on_signals
    from privcv_bringup.run.supervisor import Supervisor
    from privcv_core.files.output_file import refuse_input
    from privcv_site.graph import build_graph
    from privcv_site.preflight import check_site, prepare_state
    from privcv_site.processes import choose
    from privcv_site.site import load_site

    if as_json:  # what is found before anything runs, too
        logging.getLogger().addHandler(LogHandler(LogPrinter([], None, as_json=True)))
    described = load_site(site, namespace)
    if logs is not None:
        refuse_input(logs, (site, *described.files_read))
    processes = choose(build_graph(described, log_level=log_level), only)
    check_site(described, site, only)
    prepare_state(described)

    async def run() -> int:
        names = [process.name for process in processes]
        with runtime_folder() as folder, LogPrinter(names, logs, as_json=as_json) as printer:
            supervisor = Supervisor(processes, folder, printer.say)
            with (
                stopping_on_signals(supervisor.stop),
                narrate(described, names, printer, only),
                nullcontext() if only else housekeeping(site, printer.tell),
            ):
                return await supervisor.run()

    sys.exit(asyncio.run(run()))
