# SPDX-License-Identifier: Apache-2.0
"""The file of an attestation key: two blobs that only the TPM that made them loads."""

import json
from pathlib import Path

from privcv_across.attestation.tpm_device import Blobs, Tpm
from privcv_across.errors import TpmError
from privcv_core.files.atomic_file import write_new
from privcv_core.files.bounded_parse import parse_json
from privcv_core.files.secret_file import read_secret
from privcv_core.protocol import base64url
from privcv_core.protocol.errors import EnvelopeError

FILE = "attestation-key.json"
"""Its name, in the folder of the device's outbox."""
QUOTED = (*range(8), 11)
"""Registers that a device shows: firmware, boot loader and Secure Boot, and the kernel."""


def create_attestation_key(path: Path, tpm: Tpm) -> Blobs:
    """A new key in a new file; never replaces one. Raises ``TpmError`` and ``FileWriteError``."""
    made = tpm.new_attestation_key()
    fields = {
        "v": 1,
        "public": base64url.encode(made.public),
        "private": base64url.encode(made.private),
    }
    write_new(path, json.dumps(fields, indent=1), mode=0o600)
    return made


def load_attestation_key(path: Path) -> Blobs:
    """The key in a file. Raises ``KeyFileError`` where it cannot be read, else ``TpmError``."""
    hint = "make one with 'privcv attest request'"
    try:
        fields = parse_json(read_secret(path, if_missing=hint))
        if fields["v"] != 1:
            raise ValueError("version")
        return Blobs(base64url.decode(fields["public"]), base64url.decode(fields["private"]))
    except (EnvelopeError, KeyError, TypeError, ValueError) as error:
        raise TpmError(f"{path}: is no file of an attestation key: make a new one") from error
