# SPDX-License-Identifier: Apache-2.0
"""Releases out of the node: reports on one topic, sealed shares for sums over sites on another."""

from typing import Any

from privcv_core.node.lifecycle import GraphNode
from privcv_core.node.qos import RELIABLE
from privcv_core.protocol.release_message import to_message
from privcv_core.protocol.secure_message import to_secure_message
from privcv_core.protocol.secure_release import SecureRelease
from privcv_msgs.msg import SecureReport, ZoneReports
from privcv_privacy.budget.accounting import Release


class ReleasePublishers:
    """Both publishers of ``node``; ``reports`` is the one of zone_reports."""

    def __init__(self, node: GraphNode[Any]) -> None:
        self._node = node
        self.reports = node.create_publisher(ZoneReports, "zone_reports", RELIABLE)
        self._secure = node.create_publisher(SecureReport, "secure_reports", RELIABLE)

    def publish(self, release: Release) -> None:
        """Say what a release holds; nothing where its bytes were delivered long ago."""
        if not release.payload:
            return
        content = release.read_any()
        if isinstance(content, SecureRelease):
            self._node.send(self._secure, to_secure_message(content))
        else:
            self._node.send(self.reports, to_message(content))
