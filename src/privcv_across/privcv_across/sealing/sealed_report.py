# SPDX-License-Identifier: Apache-2.0
"""Reports made on a device, and opened by each of the two collectors.

The device signs the task, the report's id and time, and the public share, which commits to both
shares of the counts (VDAF, 7.2.1: joint randomness parts). So neither collector can invent a
site's report or change it, nor can a device send a second one for a window.
"""

import os
from typing import Any

from privcv_across.errors import AcrossError, ParameterError, RefusedReport
from privcv_across.messages.basic import (
    REPORT_ID_SIZE,
    Extension,
    HpkeCiphertext,
    ReportMetadata,
    Role,
)
from privcv_across.messages.presentation import integer
from privcv_across.messages.report import PlaintextInputShare, Report, input_share_aad
from privcv_across.sealing.hpke import KEY_SIZE, HpkeKey
from privcv_across.sealing.sum_task import DEVICE_SIGNATURE, SIGNATURE_SIZE, SumTask
from privcv_core.protocol import base64url
from privcv_core.protocol.signing import SigningKey, VerifyKey


def seal_report(task: SumTask, device: SigningKey, time: int, measurement: Any) -> Report:
    """The report of the window ``time`` (in ``time_precision`` since 1970).

    Each call draws new random numbers, of which the report's id is one (VDAF, 9.2: a collector that
    knew it before could choose the verification key for it). So whoever may have to send it again
    keeps the bytes: another report of this window is refused. Raises
    ``MeasurementError``, ``ParameterError`` and ``SealError``.
    """
    prio3 = task.prio3
    if not prio3.public_share_size or device.alg != "Ed25519":
        raise ParameterError("report: needs a sum that commits to its shares, and an Ed25519 key")
    public_key = base64url.decode(device.public)
    report_id = os.urandom(REPORT_ID_SIZE)
    rand = os.urandom(prio3.rand_size)
    public_share, shares = prio3.shard(task.context, measurement, report_id, rand)
    signature = base64url.decode(device.sign(_signed(task, report_id, time, public_share)))
    extension = Extension(DEVICE_SIGNATURE, public_key + signature)
    metadata = ReportMetadata(report_id, time, (extension,))
    aad = input_share_aad(task.task_id, task.configuration, metadata, public_share)
    sealed = [
        config.seal(PlaintextInputShare(share).encode(), task.info(role), aad)
        for config, role, share in zip(
            (task.leader, task.helper), (Role.LEADER, Role.HELPER), shares, strict=True
        )
    ]
    return Report(metadata, public_share, *sealed)


def check_device(task: SumTask, metadata: ReportMetadata, public_share: bytes) -> bytes:
    """The public key of the device of the roster that made this report.

    Raises ``RefusedReport``. Both collectors ask it, of what the other sent them too, and take one
    report of each device and window, the first: its id does not say whose it is.
    """
    kinds = [extension.kind for extension in metadata.public_extensions]
    if kinds != [DEVICE_SIGNATURE]:
        raise _invalid("has another extension than the device's signature, or none")
    data = metadata.public_extensions[0].data
    if len(data) != KEY_SIZE + SIGNATURE_SIZE:
        raise _invalid("the device's signature has another size")
    if not task.takes_time(metadata.time):
        raise RefusedReport("report_dropped", "report: its window is outside of the task's time")
    device, signature = data[:KEY_SIZE], data[KEY_SIZE:]
    if device not in task.roster:
        raise _invalid("its device is not on the task's roster")
    signed = _signed(task, metadata.report_id, metadata.time, public_share)
    if not VerifyKey("Ed25519", device).verify(signature, signed):
        raise _invalid("its device did not sign it")
    return device


def open_share(
    task: SumTask,
    role: Role,
    key: HpkeKey,
    metadata: ReportMetadata,
    public_share: bytes,
    sealed: HpkeCiphertext,
) -> bytes:
    """The input share for ``role``, of exactly the size that the task says.

    Raises ``RefusedReport``. A share that does not open, or is no share inside, is refused alike.
    """
    if sealed.config_id != key.config_id:
        raise RefusedReport("hpke_unknown_config_id", f"report: sealed for key {sealed.config_id}")
    aad = input_share_aad(task.task_id, task.configuration, metadata, public_share)
    try:
        plaintext = key.open(sealed, task.info(role), aad)
    except AcrossError as error:
        raise RefusedReport("hpke_decrypt_error", f"report: {error}") from error
    try:
        share = PlaintextInputShare.decode(plaintext)
    except AcrossError as error:
        raise _invalid(str(error)) from error
    if share.private_extensions:
        raise _invalid("its share has an extension that is not known")
    if len(share.payload) != task.share_size(role):
        raise _invalid("its share has another size than the task says")
    return share.payload


def _signed(task: SumTask, report_id: bytes, time: int, public_share: bytes) -> bytes:
    return b"privcv report\n" + task.task_id + report_id + integer(time, 8) + public_share


def _invalid(why: str) -> RefusedReport:
    return RefusedReport("invalid_message", f"report: {why}")
