# SPDX-License-Identifier: Apache-2.0
"""The demo: one camera and a collector on a video, and a report."""
