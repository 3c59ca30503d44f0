# SPDX-License-Identifier: Apache-2.0
"""Options that commands share which start a graph or look at one."""

import click

LOG_LEVELS = ("debug", "info", "warn", "error", "fatal")
"""Of a process's loggers, as ROS names them."""

namespace_option = click.option(
    "--namespace",
    default="",
    metavar="NAME",
    help="ROS namespace of the device, such as robot1; default: that of the site file.",
)
log_level_option = click.option(
    "--log-level", type=click.Choice(LOG_LEVELS), default="info", show_default=True,
    help="What its processes print from.",
)  # fmt: skip
