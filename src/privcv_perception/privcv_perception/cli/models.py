# SPDX-License-Identifier: Apache-2.0
"""``privcv models``: list, fetch and check the detector models of the registry."""

import json
from pathlib import Path

import click

_FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where models lie; default $XDG_CACHE_HOME/privcv/models.",
)


@click.group(
    epilog="Example: privcv models pull yolox_nano; then, in the camera file: "
    "detector: {kind: onnx, model: yolox_nano}"
)
def command() -> None:
    """List, fetch and check detector models."""


@command.command("list")
@_FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a program.")
def list_models(folder: Path | None, as_json: bool) -> None:
    """Show the models of the registry and whether they are here."""
    from privcv_perception.detection.onnx.model_registry import REGISTRY, models_folder
    from privcv_perception.detection.onnx.model_store import state_of

    folder = folder or models_folder()
    rows = [
        {
            "name": model.name,
            "state": state_of(model, folder),
            "licence": model.description.licence,
            "input": f"{model.description.input.width}x{model.description.input.height}",
            "size_bytes": model.size_bytes,
            "sha256": model.description.sha256,
            "url": model.url,
            "about": model.about,
        }
        for model in REGISTRY
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("name", "here", "licence", "input", "MB", "about")
    for row in rows:
        table.add_row(
            str(row["name"]), str(row["state"]), str(row["licence"]), str(row["input"]),
            f"{model_megabytes(row['size_bytes']):.1f}", str(row["about"]),
        )  # fmt: skip
    Console().print(table)


@command.command()
@click.argument("names", nargs=-1, required=True)
@_FOLDER
def pull(names: tuple[str, ...], folder: Path | None) -> None:
    """Fetch models over HTTPS; a file with another digest is refused."""
    from rich.progress import Progress

    from privcv_perception.detection.onnx import model_store
    from privcv_perception.detection.onnx.model_registry import models_folder, registered

    models = [registered(name) for name in names]
    with Progress(transient=True) as progress:
        for model in models:
            task = progress.add_task(model.name, total=model.size_bytes)
            path = model_store.pull(
                model,
                folder or models_folder(),
                progress=lambda done, task=task: progress.update(task, completed=done),  # type: ignore[misc]
            )
            click.echo(path)


@command.command()
@click.argument("names", nargs=-1)
@_FOLDER
def verify(names: tuple[str, ...], folder: Path | None) -> None:
    """Check the digests of the models that are here, or of the named ones or files."""
    from privcv_perception.detection.onnx.model_description import describe_model
    from privcv_perception.detection.onnx.model_registry import (
        REGISTRY,
        find_model,
        known_digests,
        models_folder,
        registered,
    )
    from privcv_perception.detection.onnx.model_store import state_of
    from privcv_perception.detection.settings import is_model_path
    from privcv_perception.errors import ModelError

    folder = folder or models_folder()
    if not names:
        names = tuple(m.name for m in REGISTRY if state_of(m, folder) != "absent")
        if not names:
            click.echo(f"no models in {folder}", err=True)
    for name in names:
        path = find_model(name, folder)
        if is_model_path(name):
            description = describe_model(path, known_digests())
            click.echo(f"{path}: is {description.name}, verified")
            continue
        if state_of(registered(name), folder) != "verified":
            raise ModelError(
                f"{path}: is not the file that the registry pins; delete it and run "
                f"'privcv models pull {name}'"
            )
        click.echo(f"{path}: verified")


def model_megabytes(size_bytes: object) -> float:
    """Size in MB, for people."""
    return float(str(size_bytes)) / 1e6
