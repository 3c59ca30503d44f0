# SPDX-License-Identifier: Apache-2.0
"""Masks what Python itself prints of a process: log records and uncaught exceptions."""

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from privcv_core.masking import mask

_make_record = logging.getLogRecordFactory()


def mask_what_is_printed() -> None:
    """From now on nothing that this process logs or dies of shows a secret. Harmless if called
    again."""
    logging.setLogRecordFactory(_masked_record)
    sys.excepthook = _print_masked
    threading.excepthook = _print_masked_of_thread


def masked_traceback(error: BaseException) -> str:
    """The traceback of ``error``, with secrets masked."""
    return mask("".join(traceback.format_exception(error)))


def _masked_record(*arguments: Any, **options: Any) -> logging.LogRecord:
    record = _make_record(*arguments, **options)
    try:
        record.msg, record.args = mask(record.getMessage()), None
    except (TypeError, ValueError):  # arguments that do not fit: the handler says so
        return record
    if record.exc_info and record.exc_info[1] is not None:
        record.exc_text = masked_traceback(record.exc_info[1])  # which a formatter takes as it is
    return record


def _print_masked(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    print(mask("".join(traceback.format_exception(kind, error, trace))), end="", file=sys.stderr)


def _print_masked_of_thread(happened: threading.ExceptHookArgs) -> None:
    if happened.exc_value is not None and happened.exc_type is not SystemExit:
        name = happened.thread.name if happened.thread is not None else "?"
        print(f"in thread {name}: {masked_traceback(happened.exc_value)}", end="", file=sys.stderr)
