# SPDX-License-Identifier: Apache-2.0
"""Authentication of messages between the processes of one graph: an HMAC in their field ``mac``.

The key is the secret of the device (``privcv_core.files.graph_secret``); each topic and each boot
of the machine has a key of its own, so that a message of one is none of another. Everything in the
message is covered, and when it was made: who takes it believes it once, see ``freshness``.

A ``mac`` is base64url of 8 bytes, the running time in ns at which it was made, and the 32 of
HMAC-SHA256 over that, what the message answers, and its fields.
"""

import hmac
import struct
from collections.abc import Callable, Iterator
from typing import Any

from privcv_core.errors import PrivcvError
from privcv_core.event_time.running_time import BOOT_VARIABLE, Running, running_time
from privcv_core.protocol import base64url

NO_SECRET = (
    "believes whoever speaks on the graph: no secret was given (--settings FILE with "
    "graph_secret_file; privcv up and launch do that)"
)
"""What a node without the secret of its graph says of itself."""


class UnauthenticMessage(PrivcvError):
    """A message that none of our processes made."""


class Authenticator:
    """Signs and checks messages. Without a secret it signs nothing and believes everything.

    Raises ``PrivcvError`` where the machine does not tell one boot from another: what was recorded
    in one could be said again in the next.
    """

    def __init__(self, secret: bytes | None, running: Callable[[], Running] = running_time) -> None:
        self._secret = secret
        self._running = running
        if secret is not None and not running().boot:
            raise PrivcvError(
                "/proc/sys/kernel/random/boot_id cannot be read, so that messages of before the "
                f"last boot could be repeated: let it be read, or set {BOOT_VARIABLE} (systemd: "
                f"Environment={BOOT_VARIABLE}=%b)"
            )

    @property
    def has_secret(self) -> bool:
        """Whether messages are authenticated at all."""
        return self._secret is not None

    def sign(self, topic: str, message: Any, bound: int = 0) -> Any:
        """``message`` with its ``mac``. ``bound``: what it answers, such as a request's nonce."""
        if self._secret is not None:
            made = struct.pack(">Q", self._running().at_ns)
            message.mac = base64url.encode(made + self._mac(topic, message, bound, made))
        return message

    def check(self, topic: str, message: Any, bound: int = 0) -> int:
        """When ``message`` was made, ns of running time; without a secret, now.

        Raises ``UnauthenticMessage`` where nobody who has the secret made it.
        """
        if self._secret is None:
            return self._running().at_ns
        try:
            given = base64url.decode(str(message.mac))
        except PrivcvError:
            given = b""
        made, mac = given[:8], given[8:]
        if not hmac.compare_digest(mac, self._mac(topic, message, bound, made)):
            raise UnauthenticMessage(f"{topic}: a message that no process of this graph made")
        return int.from_bytes(made, "big")

    def _mac(self, topic: str, message: Any, bound: int, made: bytes) -> bytes:
        assert self._secret is not None
        key = hmac.digest(self._secret, f"{self._running().boot}{topic}".encode(), "sha256")
        mac = hmac.new(key, struct.pack(">QI", bound, len(made)) + made, "sha256")
        for part in _parts(message):
            mac.update(struct.pack(">I", len(part)) + part)
        return mac.digest()


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
