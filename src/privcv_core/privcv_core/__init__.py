# SPDX-License-Identifier: Apache-2.0
"""What all of privcv may use: settings, audit, authorization, nodes, protocol."""
