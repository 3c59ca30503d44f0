# SPDX-License-Identifier: Apache-2.0
"""Routes: the endpoints by who calls them."""
