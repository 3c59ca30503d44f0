# SPDX-License-Identifier: Apache-2.0
"""The root of every error that privcv raises on purpose.

::

    PrivcvError
    ├── SettingsError           a file or parameter that cannot be used: file, field and fix
    ├── KeyFileError            a file with a key or secret that cannot be used
    ├── TlsFileError            a certificate, its key or authorities that cannot be used
    ├── FileWriteError          a file that cannot be written; the old content is still there
    ├── EnvelopeError           bytes, a key or a signature that the protocol does not allow
    ├── ReleaseError            a release that the protocol does not allow
    ├── SiteRecordError         a record of a site that the protocol does not allow
    ├── DeviceHealthError       a report of health that the protocol does not allow
    ├── AuditLogError           an audit log that cannot be continued or trusted
    ├── UnauthenticMessage      a message that no process of this graph made
    ├── RefusedMessage          a message that states what cannot be
    ├── AuthorizationError      a camera that must not be looked through
    ├── AcrossError             (privcv_across) sums over sites
    │   ├── ParameterError      parameters that describe no sum
    │   ├── MeasurementError    what a sum does not take: another length, over its cap
    │   ├── MalformedShare      bytes that encode no share or message of a sum
    │   ├── InvalidProof        a contribution whose proof does not hold
    │   ├── MalformedMessage    bytes that are no message between devices and collectors
    │   ├── LogError            a log, a proof of it or a checkpoint that cannot be believed
    │   │   ├── SplitView           a log signed two histories
    │   │   ├── WrongOldSize        a witness cosigned another size last
    │   │   └── WitnessStateError   what a witness cosigned last cannot be read
    │   ├── SealError           a key that cannot be used, or sealed bytes that do not open
    │   ├── TaskError           a document that is no task, or that an operator did not sign
    │   ├── TaskRefused         a task in which this device does not take part, and why
    │   ├── AttestationError    evidence that is none, or that is refused, and why
    │   ├── TpmError            the TPM of this machine cannot be used
    │   ├── TooFewSites         a window with fewer sites than its task asks for
    │   └── RefusedReport       one report that is not counted, and why
    ├── PerceptionError         (privcv_perception)
    │   ├── CalibrationError    a calibration that cannot be used: its file, points or fit
    │   ├── SourceError         a source that cannot give frames
    │   │   ├── SourceLostError     one that gives none at the moment
    │   │   └── BadFrameError       one frame that cannot be used
    │   │       └── OtherSizeError      one of another size than those before
    │   ├── ModelError          a model file that does not fit or cannot be fetched
    │   └── FrameError          an image that no detector can look at
    ├── PrivacyError            (privcv_privacy)
    │   ├── LedgerError         the budget ledger: nothing may be published
    │   └── ZoneError           a zone that cannot be used
    ├── UplinkError             (privcv_uplink)
    │   ├── CertificateError    a certificate or pin that cannot be used
    │   ├── StorageFull         the outbox has no room on the disk
    │   └── TransportError      no answer from the collector
    │       ├── RetainRefused       a broker that keeps no messages
    │       └── TooLarge            a message over a limit on the way
    ├── CollectorError          (privcv_collector) it cannot start, or use its database
    │   └── AmbiguousNameError      several tokens have the name
    ├── ComplianceError         (privcv_compliance) a document or an answer that cannot be made
    │   └── ButtonLost              the button of the desk was unplugged, or is none
    ├── ImagesError             (privcv_images) images that cannot be redacted, read or written
    ├── BagError                (privcv_bringup) a bag that cannot be read or written
    ├── ReplayError             (privcv_bringup) the graph did not take what was played
    └── DemoError               (privcv_bringup) a demonstration that did not come to its end

The command line prints the message of a ``PrivcvError`` on one line and exits with status
``BAD_SETTINGS``; any other exception is a bug and shows its traceback.
"""

BAD_SETTINGS = 2
"""Exit status of a process that refuses its settings: it would refuse them again, so whatever
started it does not restart it."""

EXIT_STATUSES = {
    0: "All went well, or it was stopped as asked (SIGINT or SIGTERM to `privcv up`).",
    1: "It ran, and the answer is no: a finding, a camera that must not be looked through, a "
    "replay of which nothing came.",
    BAD_SETTINGS: "Bad input: one line names the file, the field and the fix. Nothing that starts "
    "processes tries again.",
    130: "Interrupted from the keyboard (SIGINT).",
    141: "Whoever read the output went away (SIGPIPE).",
    143: "Stopped by SIGTERM before it was done.",
}
"""What a command or a node ends with. Others above 128 are the signal that ended it, plus 128."""


class PrivcvError(Exception):
    """Something a user can mend. The message says what was wrong, where, and what to do."""


class SettingsError(PrivcvError):
    """A settings file or a parameter is missing, misspelt or out of range."""


class KeyFileError(PrivcvError):
    """A file with a key or secret that is missing, readable by others or not understood."""


class TlsFileError(PrivcvError):
    """A file with a certificate, its key or authorities that TLS cannot use."""


class FileWriteError(PrivcvError):
    """A file cannot be written; what it held before is still there."""
