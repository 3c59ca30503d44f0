# SPDX-License-Identifier: Apache-2.0
"""One camera of a site, without privacy and uplink processes: for a robot that has them already.

ros2 launch launch/camera.launch.py site:=config/demo.yaml camera:=pets
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration

from privcv_bringup.run.launching import site_actions


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            DeclareLaunchArgument("site", description="Path of the site file."),
            DeclareLaunchArgument("camera", description="Name of a camera in the site file."),
            OpaqueFunction(
                function=lambda context: site_actions(
                    LaunchConfiguration("site").perform(context),
                    camera=LaunchConfiguration("camera").perform(context),
                )
            ),
        ]
    )
