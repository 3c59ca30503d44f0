# SPDX-License-Identifier: Apache-2.0
"""``privcv calibrate``: check a camera's calibration, and draw it."""

from pathlib import Path

import click

EXAMPLE = """
\b
Examples:
  privcv calibrate lobby.yaml --video lobby.mp4 --out floor.png
  privcv calibrate lobby.yaml --size 1920x1080 --json
  privcv calibrate site.yaml --name lobby --video lobby.mp4
"""


@click.command(
    "calibrate",
    help="Check the calibration in CAMERA, a camera file or a site file: how far its floor points "
    "miss, what it sees of the floor, how large people should look. With --video, draw the floor "
    "over a picture of the scene with nobody in it: the median of the video's frames.",
    epilog=EXAMPLE,
)
@click.argument("camera_file", metavar="CAMERA", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", default="", help="Camera of a site file that has several.")
@click.option(
    "--video", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A video of this camera.",
)  # fmt: skip
@click.option("--size", help="Width and height of the image, such as 1920x1080, without a video.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("floor.png"),
    show_default=True, help="Where to write the picture.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(
    camera_file: Path, name: str, video: Path | None, size: str | None, out: Path, as_json: bool
) -> None:
    import json

    import numpy as np
    from rich.console import Console
    from rich.table import Table

    from privcv_core.files.output_file import output_file, refuse_input
    from privcv_perception.calibration.build import reprojection_px
    from privcv_perception.calibration.floor_grid import draw_floor, visible_floor
    from privcv_perception.calibration.view import position_of
    from privcv_perception.errors import CalibrationError
    from privcv_site.camera import CameraEntry
    from privcv_site.camera_file import load_camera
    from privcv_site.geometry import check_geometry, shares_in_view

    camera = load_camera(camera_file, name)
    settings = camera.calibration
    inputs = (camera_file, video, settings.tsai_file)
    refuse_input(out, inputs)
    picture = None
    if video is not None:
        from privcv_perception.calibration.empty_scene import empty_scene

        picture = empty_scene(video)
        image_size = (picture.shape[1], picture.shape[0])
    else:
        image_size = parse_size(size)
    calibration = check_geometry(camera, image_size, str(camera_file))
    assert calibration is not None  # the size is known
    errors = reprojection_px(settings, calibration)
    low, high = visible_floor(calibration, image_size)
    body = calibration.person_box(np.array([(image_size[0] / 2, image_size[1] * 0.75)]))[0]
    findings: dict[str, object] = {
        "kind": settings.kind,
        "metric": calibration.metric,
        "image_px": list(image_size),
        "points": len(errors),
        "error_rms_px": round(float(np.sqrt((errors**2).mean())), 2) if len(errors) else None,
        "error_worst_px": round(float(errors.max()), 2) if len(errors) else None,
        "floor_x_m": [round(float(low[0]), 2), round(float(high[0]), 2)],
        "floor_y_m": [round(float(low[1]), 2), round(float(high[1]), 2)],
        "person_px": [round(float(v)) for v in body] if np.isfinite(body).all() else None,
    }
    camera_m = position_of(calibration)
    findings["camera_height_m"] = (
        round(float(abs(camera_m[2])), 2) if camera_m is not None else None
    )
    if isinstance(camera, CameraEntry) and camera.zones:
        shares = shares_in_view(camera.zones, calibration, image_size)
        findings["zones_in_view"] = {zone: round(share, 2) for zone, share in shares.items()}
    if picture is not None:
        import cv2

        points_px = np.array(settings.points_px, dtype=float).reshape(-1, 2)
        points_m = np.array(settings.points_m, dtype=float).reshape(-1, 2)
        made_for = (
            settings.image_width_px or image_size[0], settings.image_height_px or image_size[1],
        )  # fmt: skip
        points_px = points_px * np.array(image_size) / np.array(made_for)
        drawn, step_m = draw_floor(picture, calibration, points_px, points_m)
        written, content = cv2.imencode(".png", drawn)
        if not written:
            raise CalibrationError(f"{out}: OpenCV could not make a PNG of the floor")
        with output_file(out, inputs) as file:
            file.write(content.tobytes())
        findings |= {"picture": str(out), "grid_m": step_m}
    if as_json:
        click.echo(json.dumps(findings))
        return
    table = Table(show_header=False, title=f"Calibration of {camera_file}")
    for finding, value in findings.items():
        table.add_row(finding, "-" if value is None else str(value))
    Console().print(table)
    if len(errors) == 4 and settings.kind == "homography":
        Console(stderr=True).print(
            "Four points always fit exactly: measure a fifth to learn how good the calibration is."
        )


def parse_size(text: str | None) -> tuple[int, int]:
    """``1920x1080`` to (1920, 1080)."""
    from privcv_perception.errors import CalibrationError

    parts = (text or "").lower().split("x")
    if len(parts) != 2 or not all(part.isdigit() and int(part) > 0 for part in parts):
        raise CalibrationError("--size: give --video, or the image's size such as 1920x1080")
    return int(parts[0]), int(parts[1])
