# SPDX-License-Identifier: Apache-2.0
"""A whole site: one process per camera, one for privacy, one for the uplink, one for the guard.

ros2 launch launch/building.launch.py site:=config/demo.yaml [namespace:=robot1] [log_level:=debug]
"""

from launch import LaunchDescription

from privcv_bringup.run.launching import launched_site


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(launched_site())
