# SPDX-License-Identifier: Apache-2.0
"""Fetch models of the registry and check those that are here: nothing unverified is ever kept."""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Literal

from privcv_core.files.atomic_file import replacing
from privcv_core.files.folder import make_folder
from privcv_perception.detection.onnx.model_file import read_model
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
    return "verified" if read_model(path).sha256 == model.description.sha256 else "damaged"


def pull(
    model: RegisteredModel,
    folder: Path,
    open_url: Opener | None = None,
    progress: Callable[[int], None] = lambda received_bytes: None,
) -> Path:
    """Bring the model into ``folder`` and return its path; nothing is fetched where it is there.

    The file appears under its name only after its digest was checked. Raises ``ModelError``
    where the registry has no address, the network fails, or the bytes are not those pinned, and
    ``FileWriteError`` where the disk refuses.
    """
    path = folder / model.file_name
    if state_of(model, folder) == "verified":
        return path
    if not model.url.startswith("https://"):
        raise ModelError(
            f"model '{model.name}': is known but not published; put the file at {path} yourself"
        )
    make_folder(folder)
    digest, received = hashlib.sha256(), 0
    with replacing(path, mode=0o644) as into:
        for chunk in _received(model, open_url or _open_https):
            received += len(chunk)
            digest.update(chunk)
            into.write(chunk)
            progress(received)
        if digest.hexdigest() != model.description.sha256:
            raise ModelError(
                f"{model.url}: sent a file with sha256 {digest.hexdigest()}, but the registry pins "
                f"{model.description.sha256}; it was not kept"
            )
    return path


def _received(model: RegisteredModel, open_url: Opener) -> Iterator[bytes]:
    received = 0
    try:
        with open_url(model.url) as response:
            # A byte more than the pinned size is enough to know that it is another file.
            while received <= model.size_bytes and (chunk := response.read(CHUNK_BYTES)):
                received += len(chunk)
                yield chunk
    except (OSError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", None) or error
        raise ModelError(
            f"{model.url}: cannot be fetched ({reason}); without a network, bring the file from "
            f"elsewhere into the models folder as {model.file_name}"
        ) from error


def _open_https(url: str) -> IO[bytes]:
    response: IO[bytes] = urllib.request.urlopen(url, timeout=TIMEOUT_S)  # noqa: S310 https only
    return response
