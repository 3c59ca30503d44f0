# SPDX-License-Identifier: Apache-2.0
"""A whole site: one process per camera, one for privacy, one for the uplink.

ros2 launch launch/building.launch.py site:=config/demo.yaml
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration

from privcv_bringup.run.launching import site_actions


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            DeclareLaunchArgument("site", description="Path of the site file."),
            OpaqueFunction(
                function=lambda context: site_actions(LaunchConfiguration("site").perform(context))
            ),
        ]
    )
