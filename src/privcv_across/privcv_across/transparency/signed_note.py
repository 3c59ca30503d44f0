# SPDX-License-Identifier: Apache-2.0
"""Signed notes (c2sp.org/signed-note): a text, an empty line, and lines of signatures."""

import base64
import hashlib
import unicodedata
from dataclasses import dataclass

from privcv_across.errors import LogError
from privcv_core.protocol import base64url
from privcv_core.protocol.signing import SigningKey, VerifyKey

LOG_KEY, COSIGNATURE_KEY = 1, 4
"""Types of Ed25519 keys: of a log, and of a witness (cosignature/v1)."""
LARGEST = 1_000_000
_MOST_SIGNATURES = 100
_DASH = "\N{EM DASH} "


def base64_text(content: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(content).decode()


def base64_bytes(text: str) -> bytes:
    """Inverse of ``base64_text``, of one spelling; raises ``LogError``."""
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise LogError(f"note: is not base64: {error}") from error
    if base64_text(content) != text:
        raise LogError("note: is not base64 as it is written here")
    return content


@dataclass(frozen=True)
class NoteKey:
    """A public key that signs notes under a name; ``kind`` is one of the types above."""

    name: str
    kind: int
    public_key: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(map(_is_space, self.name)):
            raise LogError(f"note key: {self.name!r} is no name; no spaces and no '+' are possible")
        if self.kind not in (LOG_KEY, COSIGNATURE_KEY):
            raise LogError(f"note key: type {self.kind} is not known (1: log, 4: witness)")
        VerifyKey("Ed25519", self.public_key)

    @classmethod
    def of(cls, name: str, kind: int, key: SigningKey) -> "NoteKey":
        """What is public of ``key`` (Ed25519), as it signs notes under ``name``."""
        if key.alg != "Ed25519":
            raise LogError("note key: must be Ed25519")
        return cls(name, kind, base64url.decode(key.public))

    @property
    def key_id(self) -> bytes:
        """4 bytes that tell keys apart."""
        content = self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key
        return hashlib.sha256(content).digest()[:4]

    def encode(self) -> str:
        """The verifier key: name, id and key."""
        key = base64_text(bytes([self.kind]) + self.public_key)
        return f"{self.name}+{self.key_id.hex()}+{key}"

    @classmethod
    def decode(cls, text: str) -> "NoteKey":
        """Raises ``LogError`` or ``EnvelopeError``."""
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        content = base64_bytes(encoded)
        if len(content) != 33:
            raise LogError("note key: must be 'name+id+key' with an Ed25519 key")
        found = cls(name, content[0], content[1:])
        if found.key_id.hex() != key_id:
            raise LogError(f"note key: the id of this name and key is {found.key_id.hex()}")
        return found


@dataclass(frozen=True)
class NoteSignature:
    """Who signed, and the bytes; of a cosignature the first 8 are its time."""

    name: str
    key_id: bytes
    signature: bytes

    def encode(self) -> str:
        """Its line, with the line end."""
        return f"{_DASH}{self.name} {base64_text(self.key_id + self.signature)}\n"

    @classmethod
    def decode(cls, line: str) -> "NoteSignature":
        """Of a line without its end; raises ``LogError``."""
        name, separator, encoded = line.removeprefix(_DASH).partition(" ")
        content = base64_bytes(encoded)
        if not (line.startswith(_DASH) and name and separator and len(content) >= 5):
            raise LogError("note: holds a line of signatures that is none")
        return cls(name, content[:4], content[4:])

    def is_by(self, key: NoteKey) -> bool:
        """Whether it says that ``key`` made it."""
        return (self.name, self.key_id) == (key.name, key.key_id)


@dataclass(frozen=True)
class SignedNote:
    """``text`` ends with a line end; ``signatures`` are not yet verified."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """Its bytes, UTF-8."""
        lines = "".join(signature.encode() for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()

    @classmethod
    def decode(cls, content: bytes) -> "SignedNote":
        """Raises ``LogError``."""
        if len(content) > LARGEST:
            raise LogError(f"note: {len(content)} bytes; at most {LARGEST} are read")
        try:
            whole = content.decode()
        except UnicodeDecodeError as error:
            raise LogError("note: is not UTF-8") from error
        if any(ord(character) < 0x20 and character != "\n" for character in whole):
            raise LogError("note: holds control characters")
        text, separator, signed = whole.rpartition("\n\n")
        if not (separator and signed.endswith("\n")):
            raise LogError("note: has no signatures after an empty line")
        lines = signed[:-1].split("\n")
        if len(lines) > _MOST_SIGNATURES:
            raise LogError(f"note: has {len(lines)} signatures; at most {_MOST_SIGNATURES}")
        return cls(text + "\n", tuple(NoteSignature.decode(line) for line in lines))


def _is_space(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Zs", "Cc")
