# SPDX-License-Identifier: Apache-2.0
"""A 256-bit secret that lives in one locked page of memory and nowhere else."""

import ctypes
import hashlib
import mmap
import os
from typing import NoReturn

from privcv_privacy.errors import PrivacyError

SECRET_BYTES = 32
TEST_SECRET_VARIABLE = "PRIVCV_UNSAFE_TEST_SECRET"


class Secret:
    """A key for hashing that is drawn from the operating system and overwritten on ``renew``.

    It lives in a page of its own: locked in RAM where the process may lock memory (``locked``),
    left out of core dumps, wiped in forked children. It is never a ``bytes`` object, which Python
    could copy and could not overwrite. What cannot be wiped: the copy inside the state of a
    hash while it is computed; the allocator overwrites that where the process asked it to.

    With ``test_secret`` the keys are derived from it, one per ``renew``, so that a replay gives
    the same identities. see ``unsafe``.
    """

    def __init__(self, test_secret: str | None = None) -> None:
        self._page = mmap.mmap(-1, mmap.PAGESIZE)
        self.locked = _lock(self._page)
        for advice in ("MADV_DONTDUMP", "MADV_WIPEONFORK"):
            if hasattr(mmap, advice):
                self._page.madvise(getattr(mmap, advice))
        self._test_secret = test_secret
        self._generation = 0
        self.renew()

    @property
    def unsafe(self) -> bool:
        """True when the keys come from a test secret: whoever knows it can undo every identity."""
        return self._test_secret is not None

    def renew(self) -> None:
        """Overwrite the key with a new one."""
        self._generation += 1
        if self._test_secret is not None:
            message = f"{self._generation}/{self._test_secret}".encode()
            self._page[:SECRET_BYTES] = hashlib.blake2b(message, digest_size=SECRET_BYTES).digest()
            return
        with open("/dev/urandom", "rb", buffering=0) as source:
            if source.readinto(memoryview(self._page)[:SECRET_BYTES]) != SECRET_BYTES:
                raise PrivacyError("the operating system gave no randomness for a secret")

    def wipe(self) -> None:
        """Overwrite the key with zeros and give its page back; no use of it is possible then."""
        self._page[:SECRET_BYTES] = bytes(SECRET_BYTES)
        self._page.close()

    def hash64(self, purpose: bytes, message: bytes) -> int:
        """Keyed BLAKE2b (RFC 7693) of ``message``, 64 bits; ``purpose`` (at most 16 bytes) keeps
        uses of one key apart."""
        with memoryview(self._page)[:SECRET_BYTES] as key:
            digest = hashlib.blake2b(message, digest_size=8, key=key, person=purpose).digest()
        return int.from_bytes(digest, "big")

    def __repr__(self) -> str:
        return "Secret(hidden)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be copied or pickled")


def test_secret_from_environment(allowed: bool) -> str | None:
    """The test secret, or None for secrets of the operating system.

    Both the setting (``allowed``) and ``PRIVCV_UNSAFE_TEST_SECRET`` are needed, so that neither a
    site file nor an environment alone can weaken a production graph.
    Raises ``PrivacyError`` when the setting is on and the variable is not there.
    """
    if not allowed:
        return None
    value = os.environ.get(TEST_SECRET_VARIABLE, "")
    if not value:
        raise PrivacyError(
            "unsafe_test_secret: is for tests only and needs the environment variable "
            f"{TEST_SECRET_VARIABLE}; remove the setting to run in production"
        )
    return value


def _lock(page: mmap.mmap) -> bool:
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        # mmap has no address attribute; the view must be gone before the page can be closed.
        view = (ctypes.c_char * len(page)).from_buffer(page)
        locked: bool = libc.mlock(ctypes.byref(view), ctypes.c_size_t(len(page))) == 0
    except (OSError, AttributeError):
        return False
    del view
    return locked
