# SPDX-License-Identifier: Apache-2.0
"""A child that ends with its parent, also where the parent is killed: no process is left behind.

The parent gives the child ``parent_environment()``; the child calls ``end_with_parent()`` first.
"""

import ctypes
import os
import signal
import sys
import threading

_VARIABLE = "PRIVCV_PARENT"
_PR_SET_PDEATHSIG = 1


def parent_environment() -> dict[str, str]:
    """What the environment of a child must hold so that it ends with this process.

    Nothing where another thread than the main one starts it: it would end with that thread.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    return {_VARIABLE: str(os.getpid())}


def end_with_parent() -> int | None:
    """Be sent SIGTERM when whoever started this process is gone; its number, None where it is free.

    The kernel does it as the parent's thread that started the child ends. Exits at once where the
    parent has gone already.
    """
    stated = os.environ.pop(_VARIABLE, "")
    if not stated.isdigit():
        return None
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(stated):
        sys.exit(0)
    return int(stated)
