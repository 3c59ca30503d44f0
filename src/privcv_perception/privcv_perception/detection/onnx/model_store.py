# SPDX-License-Identifier: Apache-2.0
"""Fetch models of the registry and check those that are here: nothing unverified is ever kept."""

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal

from privcv_perception.detection.onnx.model_description import sha256_of
from privcv_perception.detection.onnx.model_registry import RegisteredModel
from privcv_perception.errors import ModelError

TIMEOUT_S = 30.0
CHUNK_BYTES = 1 << 16

State = Literal["absent", "verified", "damaged"]

Opener = Callable[[str], IO[bytes]]
"""Opens an address for reading; raises ``OSError`` where it cannot."""


def state_of(model: RegisteredModel, folder: Path) -> State:
    """Whether the model lies in ``folder``, and is the file that the registry means."""
    path = folder / model.file_name
    if not path.exists():
        return "absent"
    return "verified" if sha256_of(path) == model.description.sha256 else "damaged"


def pull(
    model: RegisteredModel,
    folder: Path,
    open_url: Opener | None = None,
    progress: Callable[[int], None] = lambda received_bytes: None,
) -> Path:
    """Bring the model into ``folder`` and return its path; nothing is fetched where it is there.

    The file appears under its name only after its digest was checked. Raises ``ModelError``
    where the registry has no address, the network fails, or the bytes are not those pinned.
    """
    path = folder / model.file_name
    if state_of(model, folder) == "verified":
        return path
    if not model.url.startswith("https://"):
        raise ModelError(
            f"model '{model.name}': is known but not published; put the file at {path} yourself"
        )
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{model.name}-", dir=folder)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as into:
            digest = _receive(model, open_url or _open_https, into, progress)
        if digest != model.description.sha256:
            raise ModelError(
                f"{model.url}: sent a file with sha256 {digest}, but the registry pins "
                f"{model.description.sha256}; it was not kept"
            )
        partial.chmod(0o644)
        partial.replace(path)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()
    return path


def _receive(
    model: RegisteredModel, open_url: Opener, into: IO[bytes], progress: Callable[[int], None]
) -> str:
    digest, received = hashlib.sha256(), 0
    try:
        with open_url(model.url) as response:
            # A byte more than the pinned size is enough to know that it is another file.
            while received <= model.size_bytes and (chunk := response.read(CHUNK_BYTES)):
                received += len(chunk)
                digest.update(chunk)
                into.write(chunk)
                progress(received)
    except (OSError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", None) or error
        raise ModelError(
            f"{model.url}: cannot be fetched ({reason}); without a network, bring the file from "
            f"elsewhere into the models folder as {model.file_name}"
        ) from error
    return digest.hexdigest()


def _open_https(url: str) -> IO[bytes]:
    response: IO[bytes] = urllib.request.urlopen(url, timeout=TIMEOUT_S)  # noqa: S310 https only
    return response
