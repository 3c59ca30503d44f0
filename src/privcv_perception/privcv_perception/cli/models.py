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
    """Check the digests of the models that are here, or of the named ones or files.

    For a file it prints the settings of a camera that pin it.
    """
    from privcv_perception.detection.onnx.model_description import describe_model
    from privcv_perception.detection.onnx.model_file import parse_whole, read_model
    from privcv_perception.detection.onnx.model_registry import (
        REGISTRY,
        find_model,
        known_digests,
        models_folder,
        registered,
    )
    from privcv_perception.detection.onnx.model_store import state_of
    from privcv_perception.detection.settings import DetectorSettings, is_model_path
    from privcv_perception.detector_registry import unpinned
    from privcv_perception.errors import ModelError

    folder = folder or models_folder()
    if not names:
        names = tuple(m.name for m in REGISTRY if state_of(m, folder) != "absent")
        if not names:
            click.echo(f"no models in {folder}", err=True)
    for name in names:
        path = find_model(name, folder)
        if is_model_path(name):
            file = read_model(path)
            description = describe_model(file, known_digests())
            parse_whole(file)
            click.echo(f"{path}: is {description.name}, verified; pin it in 'detector':")
            for line in unpinned(DetectorSettings(kind="onnx", model=str(path))):
                click.echo(f"  {line}")
            continue
        if state_of(registered(name), folder) != "verified":
            raise ModelError(
                f"{path}: is not the file that the registry pins; delete it and run "
                f"'privcv models pull {name}'"
            )
        click.echo(f"{path}: verified")


@command.command("pack")
@click.argument("model", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("packed", type=click.Path(path_type=Path, dir_okay=False))
def pack_model(model: Path, packed: Path) -> None:
    """Make one file of a MODEL that keeps its weights in others, as new exports of PyTorch do."""
    from privcv_core.files.atomic_file import write_new
    from privcv_perception.detection.onnx.model_file import pack, read_model

    write_new(packed, pack(model))
    click.echo(f"{packed}: sha256 {read_model(packed).sha256}")


def model_megabytes(size_bytes: object) -> float:
    """Size in MB, for people."""
    return float(str(size_bytes)) / 1e6
