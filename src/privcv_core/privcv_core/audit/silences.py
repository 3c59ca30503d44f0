# SPDX-License-Identifier: Apache-2.0
"""Chains that end long before the others: nobody wrote them since, or their end is missing.

Who owns a chain can cut its end off. Entries after the newest checkpoint are then gone unseen, but
that the chain is silent while the device goes on is there to be seen.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from privcv_core.audit.ages import OF_DEVICE
from privcv_core.audit.device_age import last_entry
from privcv_core.audit.retention import DAY_S
from privcv_core.protocol.timestamps import parse_iso8601

LONGEST_S = DAY_S
"""Processes that run write each day, s."""


def silences(folder: Path, chains: Iterable[str]) -> Mapping[str, str]:
    """Chain -> by how much it ends before the newest entry of any, in words, where that is long.

    Chains that people write, now and then, are silent for any time.
    """
    ends = {chain: entry for chain in chains if (entry := last_entry(folder, chain)) is not None}
    times = {chain: parse_iso8601(entry.time).timestamp() for chain, entry in ends.items()}
    newest_s = max(times.values(), default=0.0)
    return {
        chain: f"its last entry is {(newest_s - ended_s) / DAY_S:.1f} days older than the newest "
        "of these logs: nobody wrote it since, or its end is missing"
        for chain, ended_s in times.items()
        if chain not in OF_DEVICE and newest_s - ended_s > LONGEST_S
    }
