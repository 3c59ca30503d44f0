# SPDX-License-Identifier: Apache-2.0
"""``privcv graph``: what a site file becomes."""

import json
from pathlib import Path
from typing import Any

import click

from privcv_core.settings.graph_options import namespace_option


@click.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.option("--parameters", is_flag=True, help="Show every parameter too.")
@namespace_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(site: Path, parameters: bool, namespace: str, as_json: bool) -> None:
    """Check a SITE file, and what it names, and show the processes and nodes it becomes.

    \b
    Examples:
      privcv graph config/demo.yaml
      privcv graph config/demo.yaml --json
    """
    from rich.console import Console
    from rich.table import Table

    from privcv_site.graph import build_graph
    from privcv_site.preflight import check_site
    from privcv_site.site import load_site

    described = load_site(site, namespace)
    processes = build_graph(described)
    check_site(described, site)
    if as_json:
        rows = [
            {
                "process": process.name,
                "environment": dict(process.environment),
                "nodes": [
                    {
                        "name": node.full_name,
                        "implementation": node.implementation,
                        "parameters": {k: _shown(v) for k, v in node.parameters.items()},
                    }
                    for node in process.nodes
                ],
            }
            for process in processes
        ]
        click.echo(json.dumps(rows, indent=2))
        return
    table = Table("process", "node", "implementation")
    for process in processes:
        for index, node in enumerate(process.nodes):
            table.add_row("" if index else process.name, node.full_name, node.implementation)
            if parameters:
                for name, value in node.parameters.items():
                    table.add_row("", f"  {name}", str(_shown(value)))
        table.add_section()
    Console().print(table)


def _shown(value: Any) -> Any:
    """A parameter as it may be printed: an address may hold a password."""
    from privcv_core.masking import mask_address

    if isinstance(value, list):
        return [_shown(item) for item in value]
    return mask_address(value) if isinstance(value, str) else value
