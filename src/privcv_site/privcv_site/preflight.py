# SPDX-License-Identifier: Apache-2.0
"""Preflight: what a site names and what is not there, found before anything is started.

A setting can be well formed and still name a file that is missing, a model of the wrong kind or
a floor that does not fit the images. Each is a ``SettingsError`` with the file, the key, the fix.
Whatever starts a graph calls ``check_site``, and then ``prepare_state``.
"""

import logging
import os
from collections.abc import Collection
from datetime import datetime, timezone
from pathlib import Path

from privcv_core.at_rest.key_check import check_keys
from privcv_core.authorization.gate import Open
from privcv_core.authorization.record import COUNTING, SHOWING, Use
from privcv_core.authorization.record_file import AuthorizationSettings, CameraAuthorization
from privcv_core.errors import PrivcvError, SettingsError
from privcv_core.files.folder import make_folder
from privcv_images.live.node_settings import StreamSettings
from privcv_perception.calibration.build import build_calibration
from privcv_perception.detection.settings import DetectorSettings
from privcv_perception.detector_registry import build_detector, unpinned
from privcv_perception.sources import SourceSettings, open_source
from privcv_perception.tracker_registry import build_tracker
from privcv_privacy.aggregation.zone_lattice import zones_off_lattice
from privcv_site.camera import CameraSite
from privcv_site.earlier_places import files_left_behind
from privcv_site.floor_view import check_floor_view
from privcv_site.geometry import check_geometry
from privcv_site.graph import redaction_process
from privcv_site.record import site_record
from privcv_site.site import Site
from privcv_uplink.transports.open import open_transport

_log = logging.getLogger(__name__)

ANY_SIZE = (640, 480)


def check_site(site: Site, file: Path | str, only: Collection[str] = ()) -> None:
    """Raise ``SettingsError`` where something that ``site`` names cannot be used.

    ``only``: the processes that are to run here, by name; empty for all. A device or a model of a
    camera is looked for only where its process is one of them: the sandbox of another process
    does not show it.
    """
    check_keys(site.at_rest_check)
    if not only or "privacy" in only:
        for key, counted in (("cameras", site.cameras), ("floors", site.floors)):
            for name, place in counted.items():
                for zone in zones_off_lattice(name, place.zones):
                    _log.warning("%s: %s.%s.zones.%s: %s", file, key, name, zone.zone, zone)
    for name, camera in site.cameras.items():
        where = f"{file}: cameras.{name}"
        if only and name not in only:
            continue
        _check_record(name, camera.authorization, where)
        size = _image_size(camera.source, where)
        calibration = check_geometry(camera, size if size_is_known(camera) else None, where)
        if calibration is not None:
            check_floor_view(site, name, calibration, size, f"{file}: ")
        _check_detector(camera.detector, size, where)
        _check_tracker(camera, size, where)
    for name, stream in site.redactions.items():
        if not only or redaction_process(name) in only:
            _check_stream(name, stream, f"{file}: redactions.{name}")
    if site.uplink is not None and not site.uplink.is_ours:
        try:
            open_transport(site.uplink)
        except PrivcvError as error:
            raise SettingsError(f"{file}: uplink: {error}") from error
    if site.uplink is not None:
        try:
            site_record(site).canonical()
        except PrivcvError as error:
            raise SettingsError(f"{file}: {error}") from error
    if not only or "uplink" in only:
        for left in files_left_behind(site):
            raise SettingsError(
                f"{file}: {left.key}: this device has its {left.what} in {left.earlier}, and now "
                f"it belongs in {left.place}: move it there (with the files beside it that begin "
                f"with its name), or set {left.key} to the one that is meant"
            )


def prepare_state(site: Site) -> None:
    """Make the state folder, readable by its owner only. Raises ``SettingsError``."""
    try:
        make_folder(site.state, 0o700)
    except OSError as error:
        raise SettingsError(f"state: {site.state} cannot be made: {error.strerror}") from error


def _check_record(
    name: str,
    authorization: AuthorizationSettings | None,
    where: str,
    uses: Collection[Use] = COUNTING,
) -> None:
    """A record of another camera or use is a mistake of the site file. Whatever else keeps the
    camera closed may end while it runs: it is said."""
    if authorization is None:
        raise SettingsError(
            f"{where}.authorization: name the signed record (file) and who may sign "
            "(trusted_keys), see 'privcv authorize'; 'required: false' is for demonstrations only"
        )
    gate = CameraAuthorization(authorization, name, uses=uses)
    decision = gate.decide(datetime.now(timezone.utc))
    if isinstance(decision, Open) or decision.opens is not None:
        return
    if decision.kind in ("other_camera", "other_use"):
        raise SettingsError(
            f"{where}.authorization.file: {authorization.file}: {decision.reason}; name the "
            f"record of '{name}', or have one signed with 'privcv authorize sign'"
        )
    _log.warning("%s.authorization: %s: the camera stays closed", where, decision.reason)


def _check_stream(name: str, stream: StreamSettings, where: str) -> None:
    """That its record is for showing images, its redaction strong, and its models there."""
    from privcv_images.recordings.anonymity import check_anonymity
    from privcv_images.recordings.finder import Finder

    _check_record(name, stream.authorization, where, SHOWING)
    try:
        check_anonymity(stream, weak=stream.weak)
        Finder(stream)
    except PrivcvError as error:
        raise SettingsError(f"{where}: {error}") from error


def _image_size(source: SourceSettings, where: str) -> tuple[int, int]:
    if source.kind == "file":
        opened = open_source(source)
        try:
            opened.open()
            return opened.size
        except PrivcvError as error:
            raise SettingsError(f"{where}.source.uri: {error}") from error
        finally:
            opened.close()
    if source.kind == "v4l2":
        device = f"/dev/video{source.uri}" if source.uri.isdigit() else source.uri
        if not os.path.exists(device):
            raise SettingsError(
                f"{where}.source.uri: there is no device {device}; plug the camera in, or choose "
                "one of 'ls /dev/video*'"
            )
    if not source.is_ours:
        try:
            open_source(source).close()
        except PrivcvError as error:
            raise SettingsError(f"{where}.source: {error}") from error
    return (source.width or ANY_SIZE[0], source.height or ANY_SIZE[1])


def size_is_known(camera: CameraSite) -> bool:
    """Whether the size of the images, or their shape, is known before they come."""
    source, calibration = camera.source, camera.calibration
    return source.kind == "file" or bool(source.width) or bool(calibration.image_width_px)


def _check_tracker(camera: CameraSite, size: tuple[int, int], where: str) -> None:
    """A tracker that a package adds: that it can be made. Ours always can."""
    if camera.tracker.is_ours:
        return
    try:
        build_tracker(camera.tracker, build_calibration(camera.calibration, size), size)
    except PrivcvError as error:
        raise SettingsError(f"{where}.tracker: {error}") from error


def _check_detector(settings: DetectorSettings, size: tuple[int, int], where: str) -> None:
    try:
        build_detector(settings, None, size).close()
        for line in unpinned(settings):
            _log.warning(
                "%s.detector: whoever may write beside %s can put another model there; pin it: %s",
                where, settings.model, line,
            )  # fmt: skip
    except PrivcvError as error:
        raise SettingsError(f"{where}.detector: {error}") from error
