# SPDX-License-Identifier: Apache-2.0
"""Storage: the database, its tables and migrations, and commits in groups."""
