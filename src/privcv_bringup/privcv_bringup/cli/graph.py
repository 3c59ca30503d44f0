# SPDX-License-Identifier: Apache-2.0
"""``privcv graph``: what a site file becomes."""

import json
from pathlib import Path

import click


@click.command()
@click.argument("site", type=click.Path(path_type=Path))
@click.option("--parameters", is_flag=True, help="Show every parameter too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(site: Path, parameters: bool, as_json: bool) -> None:
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

    described = load_site(site)
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
                        "parameters": dict(node.parameters),
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
                    table.add_row("", f"  {name}", str(value))
        table.add_section()
    Console().print(table)
