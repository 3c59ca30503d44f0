# SPDX-License-Identifier: Apache-2.0
"""The root of every error that privcv raises on purpose.

::

    PrivcvError
    ├── SettingsError        a file or parameter that cannot be used: file, field and fix
    ├── PerceptionError      (privcv_perception)
    ├── PrivacyError         (privcv_privacy)
    └── UplinkError          (privcv_uplink)

The command line prints the message of a ``PrivcvError`` on one line and exits with status
``BAD_SETTINGS``; any other exception is a bug and shows its traceback.
"""

BAD_SETTINGS = 2
"""Exit status of a process that refuses its settings: it would refuse them again, so whatever
started it does not restart it."""


class PrivcvError(Exception):
    """Something a user can mend. The message says what was wrong, where, and what to do."""


class SettingsError(PrivcvError):
    """A settings file or a parameter is missing, misspelt or out of range."""


class KeyFileError(PrivcvError):
    """A file with a key or secret that is missing, readable by others or not understood."""


class FileWriteError(PrivcvError):
    """A file cannot be written; what it held before is still there."""
