# SPDX-License-Identifier: Apache-2.0
"""Trees against the definition in RFC 6962, known roots, and an independent verifier."""

import random
from hashlib import sha256

import pytest

from privcv_across.errors import LogError
from privcv_across.transparency.merkle_tree import (
    MerkleTree,
    check_consistency,
    check_inclusion,
    leaf_hash,
)

ENTRIES = [
    b"", b"\0", b"\x10", b"\x20\x21", b"\x30\x31", bytes(range(0x40, 0x44)),
    bytes(range(0x50, 0x58)), bytes(range(0x60, 0x70)),
]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first 0 to 8 entries, from the tests of Certificate Transparency."""


def tree_of(entries: list[bytes]) -> MerkleTree:
    tree = MerkleTree()
    for entry in entries:
        tree.append(leaf_hash(entry))
    return tree


def defined_root(entries: list[bytes]) -> bytes:
    """MTH as RFC 6962, 2.1 defines it."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\0" + entries[0]).digest()
    k = 1
    while 2 * k < len(entries):
        k *= 2
    return sha256(b"\1" + defined_root(entries[:k]) + defined_root(entries[k:])).digest()


def test_known_roots() -> None:
    tree = tree_of(ENTRIES)
    for size, root in enumerate(ROOTS):
        assert tree.root(size).hex() == root
        assert tree_of(ENTRIES[:size]).root().hex() == root


MANY = [bytes([n]) * (n % 3) for n in range(40)]


@pytest.mark.parametrize("size", range(1, 41))
def test_every_entry_is_proved_and_no_other(size: int) -> None:
    tree = tree_of(MANY)
    root = tree.root(size)
    assert root == defined_root(MANY[:size])
    for index in range(size):
        proof = tree.inclusion_proof(index, size)
        leaf = leaf_hash(MANY[index])
        check_inclusion(leaf, index, size, root, proof)
        wrong = [
            (leaf_hash(b"other"), index, size, root, proof),
            (leaf, index, size, bytes(32), proof),
            (leaf, index, size, root, [*proof, bytes(32)]),
            (leaf, size, size, root, proof),
            (leaf, -1, size, root, proof),
        ]
        if proof:
            wrong.append((leaf, index, size, root, proof[:-1]))
            wrong.append((leaf, index, size, root, [bytes(32), *proof[1:]]))
            wrong.append((leaf, index ^ 1, size, root, proof))
        for one in wrong:
            with pytest.raises(LogError):
                check_inclusion(*one)


@pytest.mark.parametrize("size", range(1, 41))
def test_every_older_log_is_a_beginning_and_no_other_is(size: int) -> None:
    tree = tree_of(MANY)
    fork = tree_of([b"fork", *MANY[1:]])
    for old in range(size + 1):
        proof = tree.consistency_proof(old, size)
        check_consistency(old, tree.root(old), size, tree.root(size), proof)
        if not old:
            continue
        for old_root, new_root, path in (
            (fork.root(old), tree.root(size), proof),
            (tree.root(old), fork.root(size), proof),
            (tree.root(old), fork.root(size), fork.consistency_proof(old, size)),
            (tree.root(old), tree.root(size), [*proof, bytes(32)]),
            *([(tree.root(old), tree.root(size), proof[:-1])] if proof else []),
        ):
            with pytest.raises(LogError):
                check_consistency(old, old_root, size, new_root, path)


def test_nothing_is_proved_of_what_is_not_there() -> None:
    tree = tree_of(ENTRIES)
    for ask in (
        lambda: tree.inclusion_proof(8),
        lambda: tree.inclusion_proof(0, 0),
        lambda: tree.inclusion_proof(0, 9),
        lambda: tree.consistency_proof(9),
        lambda: tree.consistency_proof(5, 4),
        lambda: tree.root(9),
        lambda: check_consistency(3, bytes(32), 2, bytes(32), []),
    ):
        with pytest.raises(LogError):
            ask()


def test_an_independent_verifier_accepts_our_proofs_and_only_those() -> None:
    tlog = pytest.importorskip("tlog_scales.tlog", reason="tlog-scales needs Python 3.11")
    tree = tree_of(MANY)
    rand = random.Random(5)
    for _ in range(200):
        size = rand.randrange(2, 41)
        index, old = rand.randrange(size), rand.randrange(1, size)
        inclusion = tlog.InclusionProof(index, size, tree.inclusion_proof(index, size))
        inclusion.check(leaf_hash(MANY[index]), tree.root(size))
        with pytest.raises(tlog.InclusionProofInvalid):
            inclusion.check(leaf_hash(b"other"), tree.root(size))
        consistency = tlog.ConsistencyProof(old, size, tree.consistency_proof(old, size))
        consistency.check(tree.root(old), tree.root(size))
        with pytest.raises(tlog.ConsistencyProofInvalid):
            consistency.check(tree.root(old), bytes(32))
