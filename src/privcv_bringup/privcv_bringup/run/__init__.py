# SPDX-License-Identifier: Apache-2.0
"""Running a graph: supervisor, logs, ros2 launch."""
