# SPDX-License-Identifier: Apache-2.0
"""``privcv audit graph``: the guard's check of the running graph, once."""

import json
import sys
import time
from pathlib import Path

import click

from privcv_core.printable import printable
from privcv_core.settings.graph_options import namespace_option
from privcv_core.settings.namespace import given_namespace
from privcv_core.settings.number_option import Number


@click.command()
@click.option(
    "--site",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Site file that names the cameras and their frame topics.",
)
@click.option("--camera", "cameras", multiple=True, help="Name of a camera; instead of --site.")
@namespace_option
@click.option(
    "--reader", "readers", multiple=True, help="Node that may listen to reports, besides ours."
)
@click.option(
    "--wait",
    "wait_s",
    default=3.0,
    type=Number(low=0, high=3600),
    show_default=True,
    help="Time to discover, s.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    site: Path | None,
    cameras: tuple[str, ...],
    namespace: str,
    readers: tuple[str, ...],
    wait_s: float,
    as_json: bool,
) -> None:
    """Check who listens, records or publishes images on the running graph.

    Exits with 0 where all is as it should be, with 1 where something was found, and with 2 where
    no graph is running: silence is no proof.

    \b
    Examples:
      privcv audit graph --site config/demo.yaml
      privcv audit graph --camera lobby --json
    """
    from privcv_compliance.errors import ComplianceError
    from privcv_compliance.site_file import SiteFile

    frame_topics: dict[str, str] = {}
    pause_callers: list[str] = []
    neighbours: list[str] = []
    redactions: dict[str, str] = {}
    space = given_namespace(namespace, "--namespace")
    if site is not None:
        described = SiteFile.read(site, namespace)
        cameras = (*described.cameras, *cameras)
        frame_topics = described.frame_topics
        redactions = described.site.redacted_topics
        neighbours, space = described.site.neighbours, described.site.namespace
        pause_callers = described.site.pause_callers
    if not cameras:
        raise click.UsageError("name the site file (--site) or a camera (--camera)")
    import rclpy

    from privcv_compliance.graph.roles import check_roles
    from privcv_compliance.graph.rules import PRIVATE_TOPICS, check_graph
    from privcv_compliance.graph.view import (
        pixel_field,
        rules_for,
        view_calls,
        view_graph,
        view_nodes,
    )
    from privcv_core.node.environment import as_in_the_graph

    try:
        with as_in_the_graph():
            rclpy.init()
            node = rclpy.create_node("privcv_audit_graph", namespace=space or None)
        time.sleep(wait_s)  # discovery runs in threads of the middleware
        topics, names, calls = view_graph(node), view_nodes(node), view_calls(node)
        known = ["uplink", "privcv_monitor", *readers]
        rules = rules_for(
            node, topics, cameras, frame_topics, known,
            pause_callers=pause_callers, neighbours=neighbours, redactions=redactions,
        )  # fmt: skip
        node.destroy_node()
    finally:
        rclpy.try_shutdown()
    private = {rules.full(f"/{camera}/{topic}") for camera in cameras for topic in PRIVATE_TOPICS}
    if not any(topic.publishers for topic in topics if topic.name in private):
        raise ComplianceError(
            f"no node of {', '.join(cameras)} is running here: nothing was checked; start it with "
            "'privcv up', or set ROS_DOMAIN_ID to that of the graph"
        )
    roles = check_roles(topics, names, calls, rules)
    findings = [*check_graph(topics, rules, pixel_field), *roles]
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(printable(str(finding)))
        if not findings:
            click.echo(f"{len(topics)} topics checked: nobody listens in")
    sys.exit(1 if findings else 0)
