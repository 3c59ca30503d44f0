# SPDX-License-Identifier: Apache-2.0
"""The interface of TimescaleDB 2.17 as its sources declare it, for tests: none of what it does.

Recorded are the names and parameters of the two functions that we call, in their order, with their
defaults, and the columns of the view that we read. A parameter of the pseudo-type "any", which only
functions in C can have, is of the type that we give. Whoever calls with other names or types fails
here as there; what is dropped, and how fast, only a real TimescaleDB can show.
"""

RECORDED = """
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
VALUES (99999, 'timescaledb', 10, 2200, false, '2.17.2');
CREATE SCHEMA timescaledb_information;
CREATE TABLE timescaledb_information.hypertables (
  hypertable_schema name, hypertable_name name, owner name, num_dimensions smallint,
  num_chunks bigint, compression_enabled boolean, tablespaces name[]);
CREATE TABLE asked (call text, relation regclass, argument text, default_indexes boolean);
CREATE FUNCTION create_hypertable(
  relation regclass, time_column_name name, partitioning_column name = NULL,
  number_partitions integer = NULL, associated_schema_name name = NULL,
  associated_table_prefix name = NULL, chunk_time_interval anyelement = NULL::bigint,
  create_default_indexes boolean = TRUE, if_not_exists boolean = FALSE,
  partitioning_func regproc = NULL, migrate_data boolean = FALSE, chunk_target_size text = NULL,
  chunk_sizing_func regproc = NULL, time_partitioning_func regproc = NULL)
RETURNS TABLE (hypertable_id int, schema_name name, table_name name, created bool)
LANGUAGE sql AS $$
  INSERT INTO asked VALUES ('create_hypertable', $1, $2, $8);
  INSERT INTO timescaledb_information.hypertables (hypertable_schema, hypertable_name)
  SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.oid = $1 RETURNING 1, hypertable_schema, hypertable_name, TRUE
$$;
CREATE FUNCTION drop_chunks(
  relation regclass, older_than timestamptz = NULL, newer_than timestamptz = NULL,
  verbose boolean = FALSE, created_before timestamptz = NULL, created_after timestamptz = NULL)
RETURNS SETOF text LANGUAGE sql AS $$
  INSERT INTO asked VALUES ('drop_chunks', $1, to_char($2 AT TIME ZONE 'UTC', 'YYYY-MM-DD'), NULL)
  RETURNING '_timescaledb_internal._hyper_1_1_chunk'
$$;
"""
