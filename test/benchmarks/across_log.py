# SPDX-License-Identifier: Apache-2.0
"""What a log costs: CPU time a leaf, bytes of a proof and of a checkpoint with two witnesses.

::

    python test/benchmarks/across_log.py [--entries 200000]
"""

import argparse
import tempfile
import time
from pathlib import Path

from privcv_across.transparency.checkpoint_note import TreeHead, cosign, sign_head
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.log_proof import LogProof
from privcv_across.transparency.merkle_tree import MerkleTree, check_inclusion
from privcv_across.transparency.signed_note import SignedNote
from privcv_collector.storage.database import open_database, writing
from privcv_collector.sums.log_queue import number_entries, queue_entries
from privcv_core.protocol.signing import SigningKey

ORIGIN = "log.example/across"
WITNESSES = ("one.example", "two.example")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=200_000)
    count = parser.parse_args().entries
    leaves = [LogEntry("release", f"device-{n}", f"{n:064x}").leaf for n in range(count)]
    tree = MerkleTree()
    begun = time.process_time()
    for leaf in leaves:
        tree.append(leaf)
    per_leaf = (time.process_time() - begun) / count
    note = sign_head(TreeHead(ORIGIN, count, tree.root()), SigningKey.generate())
    signatures = [cosign(note, name, SigningKey.generate(), 1_700_000_000) for name in WITNESSES]
    note = SignedNote(note.text, (*note.signatures, *signatures))
    begun = time.process_time()
    for index in range(0, count, max(1, count // 1000)):
        hashes = tree.inclusion_proof(index)
        check_inclusion(leaves[index], index, count, tree.root(), hashes)
    each = (time.process_time() - begun) / len(range(0, count, max(1, count // 1000)))
    proof = LogProof(count // 3, tuple(tree.inclusion_proof(count // 3)), note)
    print(f"{count} entries, CPU time of one core")
    print(f"a leaf: {per_leaf * 1e6:.1f} us; a proof made and checked: {each * 1e6:.0f} us")
    print(f"hashes of a proof: {32 * len(proof.hashes)} B; as text {len(proof.encode())} B, with")
    print(f"its checkpoint with two witnesses, {len(note.encode())} B")
    close = LogEntry("close", f"{'0' * 64}/495000", "0" * 64)
    print(f"a close: {len(close.encode()) + 1} B in the file, {row_size(close):.0f} B on SQLite")


def row_size(entry: LogEntry, rows: int = 5000) -> float:
    """Bytes that a row of a collector's table of entries adds to its database, indices included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.db"
        engine = open_database(f"sqlite:///{path}")
        sizes = []
        for entries in ([], [entry] * rows):
            with writing(engine).begin() as connection:
                queue_entries(connection, entries)
                number_entries(connection)
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            sizes.append(path.stat().st_size)
        engine.dispose()
    return (sizes[1] - sizes[0]) / rows


if __name__ == "__main__":
    main()
