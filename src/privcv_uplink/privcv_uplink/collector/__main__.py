# SPDX-License-Identifier: Apache-2.0
"""``python -m privcv_uplink.collector``: the same as ``privcv collector``."""

from privcv_uplink.cli.collector import command

if __name__ == "__main__":
    command(prog_name="privcv collector")
