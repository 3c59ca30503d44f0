# SPDX-License-Identifier: Apache-2.0
"""One description of a graph, and what runs it: ros2 launch or privcv up."""
