# SPDX-License-Identifier: Apache-2.0
"""What the modules of tables share: the one schema, and the type of growing keys."""

from sqlalchemy import BigInteger, Integer, MetaData

metadata = MetaData()

BigKey = BigInteger().with_variant(Integer, "sqlite")
"""A key of rows that are added without end; SQLite counts up only plain integers."""
