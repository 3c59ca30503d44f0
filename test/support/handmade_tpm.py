# SPDX-License-Identifier: Apache-2.0
"""What a TPM says, spelled by hand from part 2 of its standard: an oracle that needs no TPM.

It shares no line with what reads it, nor with what makes a challenge: both keys are of
``cryptography``, and the secret is unwrapped as part 1, 24 says.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.hashes import SHA256

try:
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
except ImportError:  # of older versions
    from cryptography.hazmat.primitives.ciphers.modes import CFB

from privcv_core.protocol import base64url

_EK_POLICY = "837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa"
ZEROS = {number: bytes(32) for number in (*range(8), 11)}


def _sized(content: bytes) -> bytes:
    return len(content).to_bytes(2, "big") + content


class HandmadeTpm:
    """One chip, with one attestation key; ``pcrs``, ``clock_ms`` and counters may be set."""

    def __init__(self) -> None:
        self._attesting = ec.generate_private_key(ec.SECP256R1())
        self._endorsing = rsa.generate_private_key(65537, 2048)
        self.pcrs: dict[int, bytes] = dict(ZEROS)
        self.clock_ms, self.resets, self.restarts = 1000, 1, 0

    @property
    def area(self) -> bytes:
        """TPMT_PUBLIC of the attestation key."""
        numbers = self._attesting.public_key().public_numbers()
        point = b"".join(_sized(one.to_bytes(32, "big")) for one in (numbers.x, numbers.y))
        return bytes.fromhex("0023 000b 00050072 0000 0010 0018 000b 0003 0010") + point

    @property
    def name(self) -> bytes:
        """Of the attestation key."""
        return b"\x00\x0b" + hashlib.sha256(self.area).digest()

    @property
    def endorsement(self) -> bytes:
        """TPMT_PUBLIC of the endorsement key."""
        modulus = self._endorsing.public_key().public_numbers().n.to_bytes(256, "big")
        head = f"0001 000b 000300b2 0020 {_EK_POLICY} 0006 0080 0043 0010 0800 00000000"
        return bytes.fromhex(head) + _sized(modulus)

    def activate(self, credential: bytes, seed: bytes) -> bytes:
        """TPM2_ActivateCredential; ``ValueError`` for another key or TPM."""
        oaep = padding.OAEP(padding.MGF1(SHA256()), SHA256(), b"IDENTITY\0")
        opened = self._endorsing.decrypt(seed, oaep)
        mac, sealed = credential[2:34], credential[34:]
        integrity = hmac.digest(opened, b"\0\0\0\1INTEGRITY\0\0\0\1\0", "sha256")
        if hmac.digest(integrity, sealed + self.name, "sha256") != mac:
            raise ValueError("TPM_RC_INTEGRITY")
        storage = b"\0\0\0\1STORAGE\0" + self.name + b"\0\0\0\x80"
        key = hmac.digest(opened, storage, "sha256")[:16]
        plain = Cipher(AES(key), CFB(bytes(16))).decryptor().update(sealed)
        return plain[2 : 2 + int.from_bytes(plain[:2], "big")]

    def evidence(self, nonce: bytes, device: str) -> dict[str, Any]:
        """A quote of all registers for ``nonce`` and a device's public key, as it is sent."""
        bound = hashlib.sha256(b"privcv attestation\n" + nonce + base64url.decode(device)).digest()
        chosen = sum(1 << number for number in self.pcrs)
        digest = hashlib.sha256(b"".join(self.pcrs[one] for one in sorted(self.pcrs))).digest()
        self.clock_ms += 100
        quote = (
            bytes.fromhex("ff544347 8018")
            + _sized(self.name)
            + _sized(bound)
            + self.clock_ms.to_bytes(8, "big")
            + self.resets.to_bytes(4, "big")
            + self.restarts.to_bytes(4, "big")
            + b"\1"
            + bytes(7)
            + b"\x07"
            + bytes.fromhex("00000001 000b 03")
            + chosen.to_bytes(3, "little")
            + _sized(digest)
        )
        signed = decode_dss_signature(self._attesting.sign(quote, ec.ECDSA(SHA256())))
        parts = b"".join(_sized(one.to_bytes(32, "big")) for one in signed)
        return {
            "v": 1,
            "format": "tpm2",
            "device": device,
            "quote": base64url.encode(quote),
            "signature": base64url.encode(bytes.fromhex("0018 000b") + parts),
            "key": base64url.encode(self.area),
            "pcrs": _hexadecimal(self.pcrs),
            "collateral": "",
        }


def _hexadecimal(pcrs: Mapping[int, bytes]) -> dict[str, str]:
    return {str(number): value.hex() for number, value in pcrs.items()}
