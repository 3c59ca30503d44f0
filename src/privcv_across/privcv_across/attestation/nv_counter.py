# SPDX-License-Identifier: Apache-2.0
"""A counter in a TPM's non-volatile memory: nobody can set it back, nor put back a copy of it.

Undefining the index and defining it again goes on from the highest count that the TPM ever had
(part 3, 31.3). A chip endures about 100,000 writes, so that it is counted at starts and hourly.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import ConfigDict, Field

from privcv_across.attestation.tpm_device import RESOURCE_MANAGER, TCTI, Tpm
from privcv_across.errors import TpmError
from privcv_core.settings.model import TRUST, Settings

_FIRST_INDEX = 0x0180_1100
"""Of those that owners may define (0x01800000 to 0x01BFFFFF)."""
_ATTRIBUTES = "authread|authwrite|no_da"
_HANDLE = 0x18B
"""TPM_RC_HANDLE of the first handle: no index is defined there."""
_UNINITIALIZED = 0x14A
"""TPM_RC_NV_UNINITIALIZED: it never counted."""


class TpmSettings(Settings):
    """The TPM that makes an old copy of the ledger or the outbox known."""

    model_config = ConfigDict(json_schema_extra=TRUST)

    tcti: str = Field(
        RESOURCE_MANAGER, pattern=TCTI, description="How to reach it, as of tpm2-tss."
    )
    device: int = Field(
        0, ge=0, le=127, description="Number of this device among several on one machine."
    )

    def counter(self, of: str) -> "NvCounter":
        """The counter of ``ledger`` or ``outbox``; raises ``TpmError``."""
        place = ("ledger", "outbox").index(of)
        return NvCounter(self.tcti, _FIRST_INDEX + 2 * self.device + place)


class NvCounter:
    """The counter at ``index``, defined where it is not there. Each call opens the TPM and closes
    it, so that others can use it meanwhile. Raises ``TpmError``."""

    def __init__(self, tcti: str, index: int) -> None:
        self._tcti, self._index = tcti, index
        with Tpm(tcti) as tpm, tpm.faults(f"counter {index:#x}"):
            if self._find(tpm) is None:
                self._define(tpm)

    def read(self) -> int:
        """The count; 0 for one that never counted."""
        with self._found() as (tpm, handle):
            try:
                return int.from_bytes(bytes(tpm.esys.nv_read(handle, 8, 0, handle)), "big")
            except tpm.tss.TSS2_Exception as error:
                if error.rc & 0xFFFF == _UNINITIALIZED:
                    return 0
                raise

    def increment(self) -> int:
        """Count one more; returns the count."""
        with self._found() as (tpm, handle):
            tpm.esys.nv_increment(handle, handle)
            return int.from_bytes(bytes(tpm.esys.nv_read(handle, 8, 0, handle)), "big")

    @contextmanager
    def _found(self) -> Iterator[tuple[Tpm, Any]]:
        with Tpm(self._tcti) as tpm, tpm.faults(f"counter {self._index:#x}"):
            handle = self._find(tpm)
            if handle is None:
                raise TpmError(f"TPM: counter {self._index:#x}: is gone; restart")
            yield tpm, handle

    def _find(self, tpm: Tpm) -> Any:
        try:
            return tpm.esys.tr_from_tpmpublic(self._index)
        except tpm.tss.TSS2_Exception as error:
            if error.rc & 0xFFF == _HANDLE:
                return None
            raise

    def _define(self, tpm: Tpm) -> None:
        tss = tpm.tss
        public = tss.TPMS_NV_PUBLIC(
            nvIndex=self._index,
            nameAlg=tss.TPM2_ALG.SHA256,
            attributes=tss.TPMA_NV.parse(_ATTRIBUTES) | (tss.TPM2_NT.COUNTER << 4),
            dataSize=8,
        )
        tpm.esys.nv_define_space(None, tss.TPM2B_NV_PUBLIC(nvPublic=public))
