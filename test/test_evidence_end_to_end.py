# SPDX-License-Identifier: Apache-2.0
"""A device with a TPM, from enrolment by files to evidence over TLS: with swtpm, which is none of
ours."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from software_tpm import needs_tpm, software_tpm
from uplink_settings import uplink_settings
from waiting import wait_until

from privcv_across.attestation.tpm_device import VARIABLE, Tpm
from privcv_bringup.cli import root
from privcv_collector.devices.administration import issue_enrolment_token
from privcv_collector.testing import running_collector
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_core.protocol.release import Release
from privcv_uplink.uplink import Uplink


@needs_tpm
def test_a_device_shows_what_state_it_is_in(
    tmp_path: Path, release: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = demo_certificates(tmp_path / "tls")
    database, token_file = tmp_path / "collector.db", tmp_path / "token"
    db = f"sqlite:///{database}"
    policy = tmp_path / "policy.yaml"
    policy.write_text(f"pcrs: {{7: ['{'00' * 32}'], 11: ['{'00' * 32}']}}\n")
    token_file.touch(0o600)
    token_file.write_text(issue_enrolment_token(db, "office"))
    with (
        software_tpm(tmp_path / "tpm") as chip,
        running_collector(
            db, "--attestation-policy", str(policy), tls=(tls.certificate, tls.key)
        ) as collector,
    ):
        monkeypatch.setenv(VARIABLE, chip.tcti)
        settings = uplink_settings(
            tmp_path,
            url=collector.url.replace("127.0.0.1", "localhost"),
            pins=list(tls.pins),
            ca_file=tls.ca_file,
            enrolment_token_file=token_file,
            retry={"first_s": 0.05, "request_timeout_s": 30.0},
            tpm={"tcti": chip.tcti},
        )

        def started(sequence: int) -> None:
            """Start the uplink, wait until its report is there and its evidence, and stop it."""
            before = seen("SELECT at FROM attesters")
            uplink = Uplink(settings)
            uplink.start()
            assert uplink.accept(Release.model_validate(release(sequence)))
            wait_until(lambda: uplink.status().delivered == sequence, 30.0)
            if settings.attestation_key.exists():
                wait_until(lambda: seen("SELECT at FROM attesters") != before, 30.0)
            uplink.stop()

        def seen(query: str) -> list[Any]:
            with closing(sqlite3.connect(database)) as connection:
                return connection.execute(query).fetchall()

        def run(*arguments: str) -> str:
            done = CliRunner().invoke(root, arguments, catch_exceptions=False)
            assert done.exit_code == 0, done.output
            return done.output

        started(1)  # enrols the device
        request, challenge, answer = (
            str(tmp_path / name) for name in ("request.json", "challenge.json", "answer.json")
        )
        mine = ("--key-file", str(settings.key_file), "--folder", str(tmp_path))
        name = run("attest", "request", request, *mine).split()[-1]
        attesters = ("collector", "attesters")
        run(*attesters, "challenge", request, challenge, "--endorsement", name, "--db", db)
        run("attest", "answer", challenge, answer, *mine)
        assert "enrolled" in run(*attesters, "enrol", answer, "--db", db)

        started(2)
        state = "SELECT status, finding, refused FROM attesters"
        assert seen(state) == [("affirming", "", 0)]
        with Tpm(chip.tcti) as tpm:
            tpm.esys.pcr_event(tpm.tss.ESYS_TR.PCR11, b"another kernel")
        started(3)  # and its report is taken as before
        ((status, finding, refused),) = seen(state)
        assert (status, refused) == ("contraindicated", 1)
        assert "11 has a value that the policy does not take" in finding
        chip.off()
        chip.on()  # another boot, of the kernel of before
        monkeypatch.setenv(VARIABLE, chip.tcti)
        settings = settings.model_copy(
            update={"tpm": settings.tpm and settings.tpm.model_copy(update={"tcti": chip.tcti})}
        )
        started(4)
        assert seen(state) == [("affirming", "", 0)]
