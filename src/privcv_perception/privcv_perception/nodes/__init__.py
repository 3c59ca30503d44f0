# SPDX-License-Identifier: Apache-2.0
"""Lifecycle nodes of detection and tracking, and the messages between them."""
