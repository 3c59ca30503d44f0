# SPDX-License-Identifier: Apache-2.0
"""``python -m privcv_collector``: the command where only this package is installed."""

import sys

from privcv_collector.cli.collector import command
from privcv_core.errors import BAD_SETTINGS, PrivcvError
from privcv_core.masked_output import mask_what_is_printed
from privcv_core.masking import mask
from privcv_core.parent import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    mask_what_is_printed()
    try:
        command(prog_name="privcv collector")
    except PrivcvError as error:
        print(mask(f"privcv collector: {error}"), file=sys.stderr)
        sys.exit(BAD_SETTINGS)
