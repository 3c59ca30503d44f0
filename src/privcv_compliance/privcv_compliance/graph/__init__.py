# SPDX-License-Identifier: Apache-2.0
"""The live ROS graph: what is seen of it, and what breaks its rules."""
