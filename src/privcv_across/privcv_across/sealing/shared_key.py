# SPDX-License-Identifier: Apache-2.0
"""The key with which both collectors verify reports: known to them, and to no device (VDAF, 5.2).

Each makes it from its own sealing key and the other's public one, which stands in the task
(X25519, then HKDF), so that nothing secret ever has to be handed over. The task holds its SHA-256,
which both operators check before they sign: see ``Aggregator``.
"""

import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from privcv_across.errors import SealError
from privcv_across.messages.basic import Role
from privcv_across.sealing.hpke import HpkeKey
from privcv_across.sealing.sum_task import SumTask
from privcv_across.sealing.verification import Aggregator
from privcv_across.vdaf.prio3 import VERIFY_KEY_SIZE

_INFO = b"privcv verification key 1\n"


def aggregator(task: SumTask, role: Role, key: HpkeKey) -> Aggregator:
    """One collector of ``task``, ready to verify; raises ``SealError`` for another's ``key``, and
    ``ParameterError`` where the task commits to another verification key."""
    mine, other = task.leader, task.helper
    if role is Role.HELPER:
        mine, other = other, mine
    if key.config != mine:
        raise SealError(
            f"sealing key: is not the one that the task names for the {role.name.lower()}"
        )
    return Aggregator(task, role, key, shared_verify_key(key, other.public_key))


def shared_verify_key(key: HpkeKey, other: bytes) -> bytes:
    """The same 32 bytes for both; ``other`` is the other's public key. Raises ``SealError``."""
    private = X25519PrivateKey.from_private_bytes(key.secret)
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(other))
    except ValueError as error:
        raise SealError("sealing key: the other collector's is no key") from error
    both = b"".join(sorted((key.config.public_key, other)))
    hkdf = HKDF(hashes.SHA256(), VERIFY_KEY_SIZE, salt=None, info=_INFO + both)
    return hkdf.derive(shared)


def verification_of(key: HpkeKey, other: bytes) -> str:
    """What a task says of that key: its SHA-256, 64 hex digits. Raises ``SealError``."""
    return hashlib.sha256(shared_verify_key(key, other)).hexdigest()
