# SPDX-License-Identifier: Apache-2.0
"""``privcv witness``: cosign checkpoints of logs as long as each has one history."""

from pathlib import Path

import click

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--name", required=True, help="Of this witness, as policies name its key.")
@click.option("--key", type=_file, required=True, help="Its Ed25519 key, PEM, PKCS #8.")
@click.option(
    "--logs", type=_file, required=True, help="A policy file: the logs that it witnesses."
)
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), required=True,
    help="Where what it cosigned last is kept. It must never be put back from an older copy.",
)  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8484, show_default=True,
    help="Port to listen on; 0: any that is free.",
)  # fmt: skip
def command(name: str, key: Path, logs: Path, folder: Path, host: str, port: int) -> None:
    """Serve POST /add-checkpoint (c2sp.org/tlog-witness) until Ctrl-C.

    A checkpoint is cosigned if it goes on from the one that was cosigned last, which is on the disk
    before the signature leaves. Put a reverse proxy with TLS in front of it. Make the key with
    'openssl genpkey -algorithm ed25519'.

    \b
    Example:
      privcv witness --name w.example --key w.pem --logs logs.txt --folder /var/lib/privcv/witness
    """
    from privcv_across.errors import LogError
    from privcv_across.transparency.policy import Policy
    from privcv_across.transparency.signed_note import COSIGNATURE_KEY, NoteKey
    from privcv_across.transparency.witness import Witness
    from privcv_across.transparency.witness_http import PATH, make_server
    from privcv_core.files.input_file import read_input
    from privcv_core.protocol.person_keys import load_key

    signing = load_key(key)
    try:
        known = Policy.parse(read_input(logs, 1 << 20).decode("utf-8", "replace")).logs
    except OSError as error:
        raise LogError(f"{logs}: cannot be read: {error.strerror}") from error
    if not known:
        raise LogError(f"{logs}: names no log; add a line 'log' with its key")
    witness = Witness(name, signing, known, folder)
    click.echo(f"key: {NoteKey.of(name, COSIGNATURE_KEY, signing).encode()}")
    try:
        server = make_server(witness, host, port, say=lambda line: click.echo(line, err=True))
    except OSError as error:
        raise LogError(f"{host}:{port}: cannot be listened on: {error.strerror}") from error
    with server:
        click.echo(f"listening on http://{host}:{server.server_address[1]}{PATH}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("stopped")
