# SPDX-License-Identifier: Apache-2.0
"""Tracking: from detections in single frames to people in metres."""
