# SPDX-License-Identifier: Apache-2.0
"""``privcv audit schema``: the largest size of every interface, and what breaks the rules."""

import json
import sys

import click

OURS = "privcv_msgs"


@click.command()
@click.option("--package", default=OURS, show_default=True, help="ROS package to check.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(package: str, as_json: bool) -> None:
    """Check that no message of a package can hold an image or grow without bound.

    So with the report of health and the evidence of its state that a device sends its collector,
    which moreover have no member that tells how busy it is. Exits with 1 where one can.

    \b
    Examples:
      privcv audit schema
      privcv audit schema --package sensor_msgs
    """
    from privcv_across.attestation.evidence import MOST_TPM_BYTES, Evidence
    from privcv_core.errors import SettingsError
    from privcv_core.protocol import json_schema_rules
    from privcv_core.protocol.device_health import MOST_BYTES, DeviceHealth
    from privcv_core.protocol.message_schema import find_violations, largest_size, messages_of

    try:
        messages = messages_of(package)
    except (ModuleNotFoundError, TypeError, ValueError) as error:  # the latter of '' and '.x'
        raise SettingsError(f"--package {package}: no such ROS package is built here") from error
    rows = [
        {
            "message": message.__name__,
            "largest_bytes": largest_size(message),
            "violations": [f"{v.field} {v.rule}" for v in find_violations(message)],
        }
        for message in messages
    ]
    if package == OURS:
        for name, model, most in (
            ("health (JSON)", DeviceHealth, MOST_BYTES),
            ("evidence (JSON)", Evidence, MOST_TPM_BYTES),
        ):
            broken = json_schema_rules.find_violations(model.model_json_schema())
            rows.append({"message": name, "largest_bytes": most, "violations": broken})
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            size = row["largest_bytes"] or "unbounded"
            click.echo(f"{row['message']:32} {size:>10} bytes at most")
            for violation in row["violations"]:
                click.echo(f"    {violation}")
    sys.exit(1 if any(row["violations"] for row in rows) else 0)
