# SPDX-License-Identifier: Apache-2.0
"""``python -m privcv_uplink.collector``: the command where only this package is installed."""

import sys

from privcv_node.errors import PrivcvError
from privcv_uplink.cli.collector import command

if __name__ == "__main__":
    try:
        command(prog_name="privcv collector")
    except PrivcvError as error:
        print(f"privcv collector: {error}", file=sys.stderr)
        sys.exit(2)
