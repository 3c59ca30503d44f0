# SPDX-License-Identifier: Apache-2.0
"""The linters of ROS, where an installation has them."""

from ament_linting import test_ament_flake8, test_ament_pep257  # noqa: F401
