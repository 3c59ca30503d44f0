# SPDX-License-Identifier: Apache-2.0
"""Options that ``privcv redact`` and ``privcv anonymize`` share, and the settings they make."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from privcv_core.errors import SettingsError
from privcv_images.redactions.settings import STRONG, WEAK

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, dir_okay=False)

SHARED = (
    click.option("--key", "key_file", type=_FILE, required=True,
                 help="Ed25519 private key that signs the manifest ('privcv authorize key')."),
    click.option("--settings", "settings_file", type=_FILE,
                 help="Settings (YAML): redaction, hiding, people, face, plate, text, areas."),
    click.option("--redaction", "kind", metavar="KIND",
                 help=f"Strong: {', '.join(STRONG)}; weak: {', '.join(WEAK)}; or one that a "
                 "package adds. Default: blackout."),
    click.option("--people", "people_model", metavar="MODEL",
                 help="Detector of people: of 'privcv models list', or an .onnx file. Default: "
                 "yolox_nano."),
    click.option("--faces", "face_model", type=_FILE, help="Look for faces too: a YuNet, .onnx."),
    click.option("--plates", "plate_model", type=_FILE,
                 help="Look for licence plates too: HyperLPR's, .onnx."),
    click.option("--text", "text_kind", type=click.Choice(["redact", "hash"]),
                 help="Look for writing too. redact: hide it; hash: put labels in its place, equal "
                 "where the writing is, which the manifest counts."),
    click.option("--text-models", type=click.Path(path_type=Path, file_okay=False),
                 help="Folder with ch_PP-OCRv4_det_infer.onnx and, for hash, "
                 "ch_PP-OCRv4_rec_infer.onnx."),
    click.option("--weak", is_flag=True,
                 help="Allow what is not anonymous; the output is labelled so."),
)  # fmt: skip


def shared_options(command: F) -> F:
    """Add the options to a command."""
    for option in reversed(SHARED):
        command = option(command)
    return command


def settings_of(
    settings_file: Path | None,
    kind: str | None,
    people_model: str | None,
    face_model: Path | None,
    plate_model: Path | None,
    text_kind: str | None,
    text_models: Path | None,
) -> Any:
    """The ``ImagesSettings`` of a file, with what options say instead. Raises ``SettingsError``."""
    from privcv_core.settings.model import parse_settings, read_mapping
    from privcv_images.recordings.settings import ImagesSettings, people_detector

    content: dict[str, Any] = read_mapping(settings_file) if settings_file else {}
    base = settings_file.resolve().parent if settings_file else Path.cwd()
    if kind:
        given = content.get("redaction")
        same = isinstance(given, dict) and given.get("kind", "blackout") == kind
        content["redaction"] = given if same else {"kind": kind}
    if people_model:
        model = str(Path(people_model).absolute()) if "." in people_model else people_model
        content["people"] = people_detector(model).model_dump(mode="json")
    for name, file in (("face", face_model), ("plate", plate_model)):
        if file is not None:
            content[name] = {"model": str(file.absolute())}
    if text_kind is not None:
        _ask_for_text(content, text_kind, text_models)
    where = str(settings_file) if settings_file else "options"
    return parse_settings(ImagesSettings, content, where, base)


def _ask_for_text(content: dict[str, Any], kind: str, models: Path | None) -> None:
    """Say in ``content`` that writing is looked for, and whether labels take its place."""
    wanted = {"text": "ch_PP-OCRv4_det_infer.onnx", "text_labels": "ch_PP-OCRv4_rec_infer.onnx"}
    if kind == "redact":
        content.pop("text_labels", None)
        del wanted["text_labels"]
    for name, file in wanted.items():
        if models is not None:
            content[name] = {"model": str((models / file).absolute())}
        elif name not in content:
            raise SettingsError(
                f"--text {kind}: needs {file}: name its folder (--text-models), or the file as "
                f"'{name}' in the settings; the wheel rapidocr-onnxruntime has it"
            )
