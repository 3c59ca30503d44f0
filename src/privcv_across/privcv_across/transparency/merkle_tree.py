# SPDX-License-Identifier: Apache-2.0
"""Merkle trees, inclusion and consistency proofs (RFC 6962, 2.1; verified as RFC 9162, 2.1 says).

A hash is 32 bytes of SHA-256, an index counts leaves from 0, a size is a number of leaves.
"""

from hashlib import sha256

from privcv_across.errors import LogError

EMPTY_ROOT = sha256(b"").digest()
HASH_SIZE = 32
MOST_HASHES = 63
"""Of a proof, for any tree that could exist."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees beside each other."""
    return sha256(b"\1" + left + right).digest()


class MerkleTree:
    """A tree that grows; 32 bytes a leaf, and as many again for the nodes above."""

    def __init__(self) -> None:
        self._levels: list[list[bytes]] = [[]]
        """Level h holds the hashes of the whole subtrees of ``2**h`` leaves, from the left."""

    def __len__(self) -> int:
        return len(self._levels[0])

    def append(self, leaf: bytes) -> None:
        """Take in the hash of one more leaf."""
        self._levels[0].append(leaf)
        level = 0
        while len(self._levels[level]) % 2 == 0:
            if level + 1 == len(self._levels):
                self._levels.append([])
            pair = self._levels[level][-2:]
            self._levels[level + 1].append(node_hash(*pair))
            level += 1

    def root(self, size: int | None = None) -> bytes:
        """The hash of the first ``size`` leaves, or of all."""
        size = len(self) if size is None else size
        self._within(size)
        return self._range(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """PATH(index, first ``size`` leaves), from the leaf's sibling up."""
        size = len(self) if size is None else size
        self._within(size)
        if not 0 <= index < size:
            raise LogError(f"log: has no entry {index} among its first {size}")
        return self._path(index, 0, size)

    def consistency_proof(self, old: int, size: int | None = None) -> list[bytes]:
        """PROOF(old, first ``size`` leaves); empty where ``old`` is 0 or ``size``."""
        size = len(self) if size is None else size
        self._within(size)
        if not 0 <= old <= size:
            raise LogError(f"log: {old} entries are not among its first {size}")
        return self._subproof(old, 0, size, whole=True) if old else []

    def _path(self, index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*self._path(index, start, middle), self._range(middle, end)]
        return [*self._path(index, middle, end), self._range(start, middle)]

    def _subproof(self, old: int, start: int, end: int, whole: bool) -> list[bytes]:
        if old == end:
            return [] if whole else [self._range(start, end)]
        middle = start + _split(end - start)
        if old <= middle:
            return [*self._subproof(old, start, middle, whole), self._range(middle, end)]
        return [*self._subproof(old, middle, end, False), self._range(start, middle)]

    def _range(self, start: int, end: int) -> bytes:
        """The hash of leaves ``start`` to ``end``; ``start`` is a multiple of a power of two that
        is not less than their number."""
        size = end - start
        if size & (size - 1) == 0:
            return self._levels[size.bit_length() - 1][start // size]
        middle = start + _split(size)
        return node_hash(self._range(start, middle), self._range(middle, end))

    def _within(self, size: int) -> None:
        if not 0 <= size <= len(self):
            raise LogError(f"log: has {len(self)} entries, not {size}")


def check_inclusion(leaf: bytes, index: int, size: int, root: bytes, proof: list[bytes]) -> None:
    """Raises ``LogError`` unless ``leaf`` is number ``index`` of ``size`` under ``root``."""
    if not 0 <= index < size:
        raise LogError(f"inclusion: there is no entry {index} of {size}")
    node, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise LogError("inclusion: the proof is too long")
        if node % 2 or node == last:
            found = node_hash(step, found)
            while node % 2 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, step)
        node, last = node >> 1, last >> 1
    if last or found != root:
        raise LogError("inclusion: the entry is not in the log that the checkpoint states")


def check_consistency(
    old: int, old_root: bytes, size: int, root: bytes, proof: list[bytes]
) -> None:
    """Raises ``LogError`` unless the tree of ``size`` begins with that of ``old`` leaves."""
    if not 0 <= old <= size:
        raise LogError(f"consistency: {size} entries do not begin with {old}")
    if old in (0, size):
        if proof or (old == size and old_root != root) or (old == 0 and old_root != EMPTY_ROOT):
            raise LogError("consistency: one size, two histories")
        return
    if old & (old - 1) == 0:
        proof = [old_root, *proof]
    if not proof:
        raise LogError("consistency: the proof is too short")
    node, last = old - 1, size - 1
    while node % 2:
        node, last = node >> 1, last >> 1
    before = after = proof[0]
    for step in proof[1:]:
        if last == 0:
            raise LogError("consistency: the proof is too long")
        if node % 2 or node == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while node % 2 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, step)
        node, last = node >> 1, last >> 1
    if last or before != old_root or after != root:
        raise LogError("consistency: the log does not begin with what it was before")


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)
