# SPDX-License-Identifier: Apache-2.0
"""The data protection impact assessment (DPIA) of a site, from settings and evidence."""
