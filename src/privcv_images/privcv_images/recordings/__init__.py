# SPDX-License-Identifier: Apache-2.0
"""Recordings: images, videos and folders of them, read, redacted and written anew."""
