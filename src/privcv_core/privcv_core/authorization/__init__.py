# SPDX-License-Identifier: Apache-2.0
"""The authorization record: who permitted that a camera is looked through, until when."""
