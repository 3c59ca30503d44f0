# SPDX-License-Identifier: Apache-2.0
"""Versions of the schema, applied by alembic when a collector starts."""
