# SPDX-License-Identifier: Apache-2.0
"""The keys of an operator, in a folder, and what is public of them.

::

    operator.pem    signs tasks; may lie elsewhere, offline
    sign.pem        the collector signs with it what it tells the other one
    sealing.json    opens shares
    public.yaml     what the other operator needs for the task
"""

from pathlib import Path

import yaml
from pydantic import ValidationError

from privcv_across.errors import TaskError
from privcv_across.sealing.sealing_key import create_sealing_key, load_sealing_key
from privcv_across.task.document import Collector
from privcv_core.errors import FileWriteError
from privcv_core.files.atomic_file import write_new
from privcv_core.files.folder import make_folder
from privcv_core.protocol import base64url
from privcv_core.protocol.person_keys import create_key, load_key
from privcv_core.protocol.signing import SigningKey
from privcv_core.settings.model import describe

PUBLIC = "public.yaml"


def make_operator_keys(folder: Path, url: str, name: str, number: int) -> Path:
    """Make what is not there in ``folder``; the path of ``public.yaml``.

    Raises ``KeyFileError`` and ``FileWriteError``, also where ``public.yaml`` exists, and
    ``TaskError`` for an address or a name that no task takes; then nothing is written.
    """
    public = folder / PUBLIC
    if public.exists():
        raise FileWriteError(f"{public}: exists already; remove it to have it written again")
    any_key = SigningKey.generate().public
    _collector(url, name, any_key, any_key, "")  # refuses before anything is written
    try:
        make_folder(folder, 0o700)
    except OSError as error:
        raise FileWriteError(f"{folder}: cannot be made: {error.strerror}") from error
    operator, sign = (_key(folder / one) for one in ("operator.pem", "sign.pem"))
    path = folder / "sealing.json"
    sealing = load_sealing_key(path) if path.exists() else create_sealing_key(path, number)
    hpke = base64url.encode(sealing.config.encode())
    found = _collector(url, name, operator.public, sign.public, hpke)
    write_new(public, yaml.safe_dump(found.model_dump(), sort_keys=False, allow_unicode=True))
    return public


def _key(path: Path) -> SigningKey:
    return load_key(path) if path.exists() else create_key(path)


def _collector(url: str, name: str, operator: str, sign: str, hpke: str) -> Collector:
    content = {"url": url, "operator": {"name": name, "key": operator}, "hpke": hpke, "sign": sign}
    try:
        return Collector.model_validate(content)
    except ValidationError as error:
        raise TaskError(f"collector: {describe(error, Collector)}") from error
