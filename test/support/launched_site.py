# SPDX-License-Identifier: Apache-2.0
"""A site that a launch system starts: a test of ``launch_testing``, in the form that it reads.

``test_launch_files.py`` runs it where a launch system is, and its check of what runs with our own
runner everywhere. The site file and its namespace stand in the environment.
"""

import os
import unittest
from pathlib import Path
from typing import Any

from waiting import wait_until

from privcv_bringup.run.monitor import Monitor
from privcv_site.site import load_site

ROOT = Path(__file__).resolve().parents[2]
SITE, NAMESPACE = "LAUNCHED_SITE", "LAUNCHED_NAMESPACE"
WITHIN_S = 120.0


def check_that_it_counts() -> None:
    """Every node of the site tells of itself, in its namespace, and a release comes."""
    site = load_site(os.environ[SITE], os.environ[NAMESPACE])
    nodes = {"/aggregation", "/guard"}
    nodes |= {
        f"/{camera}/{node}"
        for camera in site.cameras
        for node in ("detection", "tracking", "anonymization")
    }
    wait_until(site.graph_secret.exists, WITHIN_S)
    with Monitor(site.graph_secret, namespace=site.namespace) as seen:
        wait_until(lambda: set(seen.health) >= nodes and seen.releases, WITHIN_S)


def generate_test_description() -> Any:
    """What ``launch_testing`` asks of such a file."""
    from launch import LaunchDescription
    from launch.actions import IncludeLaunchDescription
    from launch.launch_description_sources import PythonLaunchDescriptionSource
    from launch_testing.actions import ReadyToTest

    file = PythonLaunchDescriptionSource(str(ROOT / "launch" / "building.launch.py"))
    given = {"site": os.environ[SITE], "namespace": os.environ[NAMESPACE]}
    included = IncludeLaunchDescription(file, launch_arguments=given.items())
    return LaunchDescription([included, ReadyToTest()])


class TestWhatRuns(unittest.TestCase):
    """Run by ``launch_testing`` once everything is started."""

    def test_it_counts(self) -> None:
        check_that_it_counts()
