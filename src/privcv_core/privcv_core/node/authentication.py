# SPDX-License-Identifier: Apache-2.0
"""Authentication of messages between the processes of one graph: an HMAC in their field ``mac``.

The key is the secret of the device (``privcv_core.files.graph_secret``); each topic has a key of
its own, so that a message of one is none of another. Everything in the message is covered. A
message that was heard before is as true as it was: whoever takes it does nothing twice by its
number.
"""

import hmac
import struct
from collections.abc import Iterator
from typing import Any

from privcv_core.errors import PrivcvError


class UnauthenticMessage(PrivcvError):
    """A message that none of our processes made."""


class Authenticator:
    """Signs and checks messages. Without a secret it signs nothing and believes everything."""

    def __init__(self, secret: bytes | None) -> None:
        self._secret = secret

    @property
    def has_secret(self) -> bool:
        """Whether messages are authenticated at all."""
        return self._secret is not None

    def sign(self, topic: str, message: Any, bound: int = 0) -> Any:
        """``message`` with its ``mac``. ``bound``: what it answers, such as a request's nonce."""
        if self._secret is not None:
            message.mac = self._mac(topic, message, bound)
        return message

    def check(self, topic: str, message: Any, bound: int = 0) -> None:
        """Raise ``UnauthenticMessage`` where nobody who has the secret made ``message``."""
        if self._secret is None:
            return
        given = str(message.mac)
        if not given.isascii() or not hmac.compare_digest(given, self._mac(topic, message, bound)):
            raise UnauthenticMessage(f"{topic}: a message that no process of this graph made")

    def _mac(self, topic: str, message: Any, bound: int) -> str:
        assert self._secret is not None
        key = hmac.digest(self._secret, topic.encode(), "sha256")
        mac = hmac.new(key, struct.pack(">Q", bound), "sha256")
        for part in _parts(message):
            mac.update(struct.pack(">I", len(part)) + part)
        return mac.hexdigest()


def _parts(message: Any) -> Iterator[bytes]:
    """The fields of a message but ``mac``, each as bytes that tell its type."""
    for name in message.get_fields_and_field_types():
        if name != "mac":
            yield name.encode()
            yield from _bytes(getattr(message, name))


def _bytes(value: Any) -> Iterator[bytes]:
    if hasattr(value, "get_fields_and_field_types"):
        yield from _parts(value)
    elif isinstance(value, (bool, int)):
        yield b"i%d" % int(value)
    elif isinstance(value, float):
        yield b"f" + struct.pack(">d", value)
    elif isinstance(value, str):
        yield b"s" + value.encode("utf-8", "surrogatepass")
    elif isinstance(value, bytes):
        yield b"b" + value
    elif hasattr(value, "tobytes"):  # array.array, and numpy for arrays of a fixed length
        yield b"a" + value.tobytes()
    else:
        yield b"l%d" % len(value)
        for item in value:
            yield from _bytes(item)
