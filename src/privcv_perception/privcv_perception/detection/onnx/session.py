# SPDX-License-Identifier: Apache-2.0
"""Inference sessions of onnxruntime: where they run, and how they are kept from keeping pixels."""

import logging
import os

# Its wheel reports to its maker from a thread of its own, from its import on, unless told not to.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime
from onnxruntime import InferenceSession as InferenceSession

from privcv_perception.errors import ModelError

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
"""Names in settings to names in onnxruntime."""

_log = logging.getLogger(__name__)


def open_session(
    content: bytes,
    wanted: list[str],
    threads: int,
    name: str = "reduced form",
    *,
    keep_memory: bool = False,
) -> InferenceSession:
    """An inference session of the model ``content``, which errors call ``name``.

    ``wanted``: names of ``PROVIDERS``, best first; one that is absent here is skipped with a
    warning, and the CPU is always the last. ``threads``: of one inference. ``keep_memory``: for a
    program that looks at files and ends; the layers of an input then stay until the next one
    overwrites them. Raises ``ModelError`` where onnxruntime refuses the model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Without the arena what a layer saw goes back to the allocator, which can overwrite it.
    options.enable_cpu_mem_arena = keep_memory
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Else some bytes would be taken for its other format, which nobody here has looked into.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    present = set(onnxruntime.get_available_providers())
    chosen = []
    for name in [*wanted, "cpu"]:
        provider = PROVIDERS[name]
        if provider not in present:
            _log.warning("provider '%s' is not in this onnxruntime; falling back", name)
        elif provider not in chosen:
            chosen.append(provider)
    try:
        session = InferenceSession(content, options, providers=chosen)
    except Exception as error:
        raise ModelError(
            f"{name}: onnxruntime cannot open this model: {one_line(error)}"
        ) from error
    if session.get_providers()[0] != chosen[0]:
        _log.warning("%s could not be started; the model runs on %s", chosen[0],
                     session.get_providers()[0])  # fmt: skip
    return session


def one_line(error: Exception) -> str:
    """The text of an error, cut to what fits a log line."""
    return " ".join(str(error).split())[:300]
