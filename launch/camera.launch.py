# SPDX-License-Identifier: Apache-2.0
"""One camera of a site, without privacy and uplink processes: for a robot that has them already.

ros2 launch launch/camera.launch.py site:=config/demo.yaml camera:=pets [namespace:=robot1]
"""

from launch import LaunchDescription

from privcv_bringup.run.launching import launched_site


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(launched_site(one_camera=True))
