# SPDX-License-Identifier: Apache-2.0
"""The commands, and what runs a graph: ros2 launch or privcv up, replay, demo."""
