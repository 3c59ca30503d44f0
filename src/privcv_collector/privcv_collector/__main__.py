# SPDX-License-Identifier: Apache-2.0
"""``python -m privcv_collector``: the command where only this package is installed."""

import sys

from privcv_collector.cli.collector import command
from privcv_core.errors import BAD_SETTINGS, PrivcvError

if __name__ == "__main__":
    try:
        command(prog_name="privcv collector")
    except PrivcvError as error:
        print(f"privcv collector: {error}", file=sys.stderr)
        sys.exit(BAD_SETTINGS)
