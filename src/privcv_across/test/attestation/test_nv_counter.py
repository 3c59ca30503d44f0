# SPDX-License-Identifier: Apache-2.0
"""A counter in a TPM: nothing that its commands offer sets it back."""

from collections.abc import Iterator

import pytest
from software_tpm import SoftwareTpm, needs_tpm, software_tpm

from privcv_across.attestation.nv_counter import NvCounter, TpmSettings
from privcv_across.attestation.tpm_device import Tpm
from privcv_across.errors import TpmError

pytestmark = needs_tpm
INDEX = 0x0180_1100


@pytest.fixture(scope="module")
def chip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftwareTpm]:
    with software_tpm(tmp_path_factory.mktemp("tpm") / "one") as on:
        yield on


def test_it_counts_over_boots_and_cut_power(chip: SoftwareTpm) -> None:
    counter = NvCounter(chip.tcti, INDEX)
    assert counter.read() == 0
    counts = [counter.increment() for _ in range(3)]
    assert counts == [counts[0], counts[0] + 1, counts[0] + 2]
    for orderly in (True, False):
        chip.off(orderly=orderly)
        chip.on()
        assert NvCounter(chip.tcti, INDEX).read() == counts[-1]


def test_writing_is_refused_and_defining_it_anew_resets_nothing(chip: SoftwareTpm) -> None:
    count = NvCounter(chip.tcti, INDEX).increment()
    with Tpm(chip.tcti) as tpm:
        handle = tpm.esys.tr_from_tpmpublic(INDEX)
        with pytest.raises(tpm.tss.TSS2_Exception):
            tpm.esys.nv_write(handle, bytes(8), 0, handle)
        tpm.esys.nv_undefine_space(handle)
    with pytest.raises(TpmError, match="is gone"):
        _absent(chip).read()
    again = NvCounter(chip.tcti, INDEX)
    assert again.read() == 0
    assert again.increment() > count


def _absent(chip: SoftwareTpm) -> NvCounter:
    counter = object.__new__(NvCounter)
    counter._tcti, counter._index = chip.tcti, INDEX
    return counter


def test_each_device_and_file_has_its_own(chip: SoftwareTpm) -> None:
    counters = [
        TpmSettings(tcti=chip.tcti, device=device).counter(of)
        for device in (5, 6)
        for of in ("ledger", "outbox")
    ]
    counters[0].increment()
    before = [counter.read() for counter in counters[1:]]
    counters[0].increment()
    assert [counter.read() for counter in counters[1:]] == before


def test_no_tpm_is_an_error_in_words() -> None:
    with pytest.raises(TpmError, match="cannot be used"):
        NvCounter("swtpm:host=127.0.0.1,port=1", INDEX)
