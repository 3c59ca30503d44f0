# SPDX-License-Identifier: Apache-2.0
"""``privcv plan`` without its command line: from a site file and a recording to a plan."""
