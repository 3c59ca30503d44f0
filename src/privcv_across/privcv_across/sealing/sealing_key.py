# SPDX-License-Identifier: Apache-2.0
"""The file with a collector's sealing key: one line of canonical JSON, readable by its owner."""

import json
from pathlib import Path

from privcv_across.errors import AcrossError, SealError
from privcv_across.sealing.hpke import DEFAULT_SUITE, HpkeKey
from privcv_core.errors import KeyFileError, PrivcvError
from privcv_core.files.atomic_file import write_new
from privcv_core.files.bounded_parse import parse_json
from privcv_core.files.secret_file import read_secret
from privcv_core.protocol import base64url

_MEMBERS = {"config_id", "secret", "suite"}


def create_sealing_key(path: Path, config_id: int, suite: str = DEFAULT_SUITE) -> HpkeKey:
    """Make a key and write it to ``path`` (0600); raises ``FileWriteError`` where it exists."""
    key = HpkeKey.generate(config_id, suite)
    content = {"config_id": config_id, "secret": base64url.encode(key.secret), "suite": suite}
    write_new(path, json.dumps(content, sort_keys=True) + "\n", mode=0o600)
    return key


def load_sealing_key(path: Path) -> HpkeKey:
    """Read what ``create_sealing_key`` wrote; raises ``KeyFileError``."""
    content = read_secret(path, 4096)
    try:
        found = parse_json(content)
        if not isinstance(found, dict) or set(found) != _MEMBERS:
            raise SealError(f"has not the members {', '.join(sorted(_MEMBERS))}")
        if type(found["config_id"]) is not int or not 0 <= found["config_id"] <= 255:
            raise SealError("config_id: must be 0 to 255")
        return HpkeKey(found["config_id"], base64url.decode(found["secret"]), found["suite"])
    except (AcrossError, PrivcvError, ValueError, TypeError, AttributeError) as error:
        raise KeyFileError(
            f"{path}: is no sealing key: {error}; make one with 'privcv collector sealing-key'"
        ) from error
