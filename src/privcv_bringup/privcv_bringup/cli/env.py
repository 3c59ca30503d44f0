# SPDX-License-Identifier: Apache-2.0
"""``privcv env``: the environment of the graph, for a shell."""

import click


@click.command()
@click.option("--camera", is_flag=True, help="For a process that holds frames.")
def command(camera: bool) -> None:
    """Print the environment of the graph's processes, for a shell to evaluate.

    What is started from that shell meets the graph on the loopback interface, without shared
    memory. With --camera, what the process frees is overwritten too: for a camera driver, or a
    node that takes images.

    \b
    Examples:
      eval "$(privcv env)"; ros2 topic echo /zone_reports
      (eval "$(privcv env --camera)"; ros2 run privcv_perception detection --autostart)
    """
    from privcv_core.node.environment import camera_environment, graph_environment, shell_exports

    environment = camera_environment() if camera else graph_environment()
    click.echo(shell_exports(environment), nl=False)
