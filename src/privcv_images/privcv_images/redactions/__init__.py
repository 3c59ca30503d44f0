# SPDX-License-Identifier: Apache-2.0
"""Redactions: what stands in an image in place of people and of what tells who they are."""
