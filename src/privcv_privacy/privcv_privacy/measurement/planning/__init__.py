# SPDX-License-Identifier: Apache-2.0
"""Planning: what accuracy to expect of a site before it runs, and which settings give the best."""
