# SPDX-License-Identifier: Apache-2.0
"""The version of privcv: of all its packages, which are released together."""

VERSION = "0.2.0"
