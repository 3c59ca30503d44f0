# SPDX-License-Identifier: Apache-2.0
"""``privcv``, the one command line: a table of commands, each loaded only when it is called."""

import importlib
import io
import itertools
import os
import sys
from collections.abc import Mapping
from typing import Any, Union

import click

from privcv_core.doors import load, names_of
from privcv_core.errors import BAD_SETTINGS, PrivcvError, SettingsError
from privcv_core.masked_output import mask_what_is_printed
from privcv_core.masking import mask
from privcv_core.printable import printable
from privcv_core.version import VERSION

ROS = ("rclpy", "ament_index_python", "rosidl_parser", "rosidl_runtime_py", "launch")
"""Packages of ROS 2 beside those of messages, of which the wheel of privcv brings none."""

# Name -> (module, one line of help), or a group of the same.
Commands = Mapping[str, Union[tuple[str, str], "Commands"]]

COMMANDS: Commands = {
    "demo": ("privcv_bringup.cli.demo", "Run the whole pipeline on a video and show a report."),
    "up": ("privcv_bringup.cli.up", "Run the graph of a site file until Ctrl-C."),
    "graph": ("privcv_bringup.cli.graph", "Show the processes and nodes of a site file."),
    "env": ("privcv_bringup.cli.env", "Print the environment of the graph, for a shell."),
    "replay": ("privcv_bringup.cli.replay", "Play a bag or a video into the graph."),
    "plan": ("privcv_bringup.cli.plan", "Say what accuracy a site can expect, and what to set."),
    "bag": ("privcv_bringup.cli.bag", "Make a ROS 2 bag from a video."),
    "scene": ("privcv_bringup.cli.scene", "Render a room with walking people and known truth."),
    "track": ("privcv_bringup.cli.track", "Detect and track people in a video, without ROS."),
    "calibrate": ("privcv_bringup.cli.calibrate", "Check and draw a camera's calibration."),
    "redact": ("privcv_images.cli.redact", "Pictures and videos without anybody in them."),
    "anonymize": ("privcv_images.cli.anonymize", "A bag without anybody in its images."),
    "custodian": ("privcv_images.cli.custodian", "Who alone restores pictures under P3."),
    "models": ("privcv_perception.cli.models", "List, fetch and verify detection models."),
    "budget": ("privcv_privacy.cli.budget", "Show what is left of the privacy budget."),
    "evaluate": {
        "privacy": (
            "privcv_privacy.cli.evaluate_privacy",
            "Accuracy of noisy totals on trajectories with true ids.",
        ),
        "totals": (
            "privcv_bringup.cli.evaluate_totals",
            "Whether totals are true, and which stage loses whom.",
        ),
    },
    "redteam": {
        "link": ("privcv_privacy.cli.redteam_link", "Try to re-link identities over rotations."),
    },
    "audit": {
        "schema": ("privcv_bringup.cli.audit_schema", "Check that no message can hold an image."),
        "residue": (
            "privcv_perception.cli.audit_residue",
            "Search a process for left-over frames.",
        ),
        "graph": ("privcv_compliance.cli.audit_graph", "Check the running graph for leaks, once."),
        "log": ("privcv_compliance.cli.audit_log", "Verify the audit log."),
        "images": ("privcv_images.cli.audit_images", "Verify manifests of redacted images."),
    },
    "authorize": ("privcv_compliance.cli.authorize", "Make, sign and withdraw authorizations."),
    "notice": ("privcv_compliance.cli.notice", "Render the sign for the door."),
    "desk": ("privcv_compliance.cli.desk", "Pause by a button or by signed messages."),
    "pause": ("privcv_compliance.cli.pause", "Count nobody for some minutes: an objection."),
    "dsr": ("privcv_compliance.cli.dsr", "Answer requests of data subjects from evidence."),
    "breach": ("privcv_compliance.cli.breach", "Record and report a breach of personal data."),
    "dpia": ("privcv_compliance.cli.dpia", "Write the impact assessment of a site."),
    "at-rest": ("privcv_compliance.cli.at_rest", "Encrypt what is kept on the device."),
    "export": ("privcv_compliance.cli.export", "Write records and statements of a site."),
    "canary": ("privcv_compliance.cli.canary", "Look for leaks, and record what is found."),
    "retention": ("privcv_compliance.cli.retention", "End what was kept for long enough."),
    "keys": ("privcv_uplink.cli.keys", "Make, rotate and show the device's keys."),
    "attest": ("privcv_uplink.cli.attest", "Enrol the device's TPM with its collector."),
    "pin": ("privcv_uplink.cli.pin", "Show the public key pins of a collector."),
    "across": {
        "key": ("privcv_compliance.cli.across_key", "Make or show a device's key for them."),
        "join": ("privcv_compliance.cli.across_join", "Take part in a task, if none objects."),
        "task": ("privcv_across.cli.across_task", "Draft, sign and check a task."),
        "status": ("privcv_compliance.cli.across_status", "Say which tasks, and why not others."),
        "demo": ("privcv_bringup.cli.across_demo", "Five sites, two collectors, one total."),
    },
    "witness": ("privcv_across.cli.witness", "Cosign logs that have one history."),
    "log": ("privcv_across.cli.log", "Verify a log of sums over sites, and prove its entries."),
    "collector": ("privcv_collector.cli.collector", "Run the collector."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, so that ``--help`` is quick."""

    def __init__(self, commands: Commands, *, extended: bool = False, **attributes: Any) -> None:
        super().__init__(**attributes)
        self._table = commands
        self._extended = extended

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._table, *self._added()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = self._table.get(cmd_name)
        if entry is None:
            return self._load(cmd_name) if cmd_name in self._added() else None
        if isinstance(entry, Mapping):
            texts = [help for _, help in entry.values() if isinstance(help, str)]
            return LazyGroup(entry, name=cmd_name, help=" ".join(texts))
        command: click.Command = importlib.import_module(entry[0]).command
        return command

    def _added(self) -> list[str]:
        """Commands of other packages; none of ours can be replaced."""
        added = names_of("commands") if self._extended else ()
        return [name for name in added if name not in self._table]

    def _load(self, name: str) -> click.Command:
        command: click.Command = load("commands", name, click.Command).content
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name, entry in self._table.items():
            if isinstance(entry, Mapping):
                rows += [(f"{name} {sub}", str(help)) for sub, (_, help) in entry.items()]
            else:
                rows.append((name, entry[1]))
        rows += [(name, "Added by another package.") for name in self._added()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


root = LazyGroup(
    COMMANDS,
    extended=True,
    name="privcv",
    help="Anonymous statistics from cameras: frames stay in the process that sees them, only noisy "
    "totals leave the device.\n\nTry 'privcv demo', or 'privcv up config/demo.yaml'.",
)
click.version_option(VERSION, prog_name="privcv")(root)


def main() -> None:
    """Run a command; a ``PrivcvError`` is one line on standard error and exit status 2.

    So is a file that the system has something against, such as the length of its name.
    """
    from privcv_bringup.run.signals import Interrupted, interrupt_on_signals

    mask_what_is_printed()
    interruption = interrupt_on_signals()
    try:
        _check_arguments(sys.argv[1:])
        root.main(prog_name="privcv", standalone_mode=False)
    except (click.exceptions.Abort, Interrupted):
        sys.exit(interruption.status)
    except click.BadParameter as error:  # a value, as with those that we check ourselves
        print(f"privcv: {_one_line(error.format_message())}", file=sys.stderr)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        text = io.StringIO()
        error.show(text)
        print(mask(text.getvalue()), end="", file=sys.stderr)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as leave:
        sys.exit(leave.exit_code)
    except PrivcvError as error:
        print(f"privcv: {_one_line(str(error))}", file=sys.stderr)
        sys.exit(BAD_SETTINGS)
    except ModuleNotFoundError as error:
        if not is_of_ros(error.name or ""):
            raise
        print(f"privcv: {_needs_ros(sys.argv[1:], error.name or '')}", file=sys.stderr)
        sys.exit(BAD_SETTINGS)
    except BrokenPipeError:
        sys.exit(141)
    except OSError as error:
        if error.filename is None or error.strerror is None:
            raise
        print(f"privcv: {_one_line(f'{error.filename}: {error.strerror}')}", file=sys.stderr)
        sys.exit(BAD_SETTINGS)


def is_of_ros(module: str) -> bool:
    """Whether a module comes with ROS 2 or with the messages that are built for it."""
    package = module.partition(".")[0]
    return package in ROS or package.endswith(("_msgs", "_interfaces", "_srvs"))


def _needs_ros(arguments: list[str], module: str) -> str:
    words = itertools.takewhile(lambda word: not word.startswith("-"), arguments)
    return (
        f"{' '.join(itertools.islice(words, 2))}: needs ROS 2, of which {module} is not installed: "
        "source an installation, or run 'make setup' in the repository"
    )


def _check_arguments(arguments: list[str]) -> None:
    """Raise ``SettingsError`` for a word that is no UTF-8: no file, topic or library takes it."""
    try:
        here = [os.getcwd()]
    except OSError as error:
        raise SettingsError(f"the working directory is not there: {error.strerror}") from error
    for argument in here + arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise SettingsError(f"{argument}: is not UTF-8; rename it") from None


def _one_line(text: str) -> str:
    """``text`` without its secrets, as a terminal can show it."""
    return printable(mask(" ".join(text.splitlines())))


if __name__ == "__main__":
    main()
