# SPDX-License-Identifier: Apache-2.0
"""What a data protection officer needs, produced from what the system does."""
