# SPDX-License-Identifier: Apache-2.0
"""Neither collector nor uplink asks a terminal for the passphrase of a key, and waits."""

import fcntl
import os
import subprocess
import sys
import termios
import textwrap
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from privcv_core.protocol.demo_certificates import demo_certificates


@pytest.mark.skipif(sys.platform != "linux", reason="needs a terminal of its own")
@pytest.mark.parametrize("program", ["collector", "uplink"])
def test_nobody_is_asked_for_a_passphrase(tmp_path: Path, program: str) -> None:
    """On a terminal, where OpenSSL would ask and wait."""
    tls = demo_certificates(tmp_path / "tls")
    secret = load_pem_private_key(tls.key.read_bytes(), None)
    form = BestAvailableEncryption(b"secret")
    key = tmp_path / "locked.key"
    key.touch(0o600)
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, form))
    ask = {
        "collector": f"""
            from privcv_collector.serve import Address, serve
            from privcv_collector.settings import CollectorSettings
            serve(CollectorSettings(db="sqlite:///{tmp_path}/c.db"),
                  Address(port=0, tls_cert=Path("{tls.certificate}"), tls_key=Path("{key}")))
        """,
        "uplink": f"""
            from privcv_uplink.transports.pinning import pinned_context
            pinned_context(["{tls.pins[0]}"], None, Path("{tls.certificate}"), Path("{key}"))
        """,
    }[program]
    script = "from pathlib import Path\n" + textwrap.dedent(ask)
    terminal, theirs = os.openpty()
    try:
        asked = subprocess.run(
            [sys.executable, "-c", script],
            stdin=theirs,
            stderr=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            timeout=60,
            text=True,
        )
    finally:
        os.close(terminal)
        os.close(theirs)
    assert f"{key}: is encrypted" in asked.stderr
