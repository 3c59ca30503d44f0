# SPDX-License-Identifier: Apache-2.0
"""One stream of images without people, of a site's 'redactions': nothing is counted by it.

ros2 launch launch/redaction.launch.py site:=site.yaml stream:=front [namespace:=robot1]
"""

from launch import LaunchDescription

from privcv_bringup.run.launching import launched_site


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(launched_site(one_stream=True))
