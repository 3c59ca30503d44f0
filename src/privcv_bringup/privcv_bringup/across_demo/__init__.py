# SPDX-License-Identifier: Apache-2.0
"""``privcv across demo``: five sites, two collectors and a witness on one machine."""
