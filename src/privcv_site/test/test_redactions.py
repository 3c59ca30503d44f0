# SPDX-License-Identifier: Apache-2.0
"""A stream of a site file becomes a process of its own, if its record is for showing images."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
from privcv_core.authorization.record_file import save_signed
from privcv_core.errors import SettingsError
from privcv_core.protocol.signing import SigningKey
from privcv_core.settings.dotted import nest
from privcv_core.settings.model import parse_settings
from privcv_images.live.node_settings import RedactionNodeSettings
from privcv_site.graph import build_graph
from privcv_site.preflight import check_site
from privcv_site.processes import choose
from privcv_site.site import Site, load_site

KEY = SigningKey.generate()


def site(folder: Path, **stream: Any) -> Site:
    record = folder / "front.json"
    given = {
        "topic": "image_raw", "people": {"kind": "builtin"},
        "authorization": {"file": str(record), "trusted_keys": [KEY.public]}, **stream,
    }  # fmt: skip
    content = {
        "state": str(folder / "state"), "namespace": "robot1",
        "cameras": {"lobby": {"source": {"kind": "topic", "uri": "/door/image_raw"},
                              "authorization": {"required": False},
                              "zones": {"door": {"polygon_m": [0, 0, 4, 0, 4, 4]}}}},
        "redactions": {"front": given},
    }  # fmt: skip
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(content))
    return load_site(path)


def sign(folder: Path, use: str) -> None:
    now = datetime.now(timezone.utc)
    record = AuthorizationRecord(
        site="site", camera="front", controller="City", contact="a@example.org",
        lawful_basis="public_task", purpose="remote driving", use=use, area="a road",
        authorized_by="A. Example", issued=now - timedelta(days=1),
        expires=now + timedelta(days=300),
    )  # fmt: skip
    save_signed(SignedRecord.sign(record, KEY), folder / "front.json")


def test_a_stream_is_a_process_and_the_guard_knows_it(tmp_path: Path) -> None:
    made = site(tmp_path, delay_s=2.0, areas={"desk": {"polygon": [0.1, 0.6, 0.4, 0.6, 0.4, 1.0]}})
    (process,) = choose(build_graph(made), ["redaction-front"])
    (node,) = process.nodes
    assert node.full_name == "/robot1/front/redaction"
    settings = parse_settings(RedactionNodeSettings, nest(node.parameters), "node")
    assert (settings.camera, settings.delay_s) == ("front", 2.0)
    assert settings.areas["desk"].polygon == [0.1, 0.6, 0.4, 0.6, 0.4, 1.0]
    assert settings.authorization == made.redactions["front"].authorization
    (guard,) = choose(build_graph(made), ["guard"])[0].nodes
    assert guard.parameters["redactions.front.topic"] == "/robot1/front/image_raw"


def test_its_record_must_be_for_images_and_its_redaction_strong(tmp_path: Path) -> None:
    sign(tmp_path, "statistics")
    with pytest.raises(SettingsError, match=r"redactions.front.authorization.file: .*'statistics'"):
        check_site(site(tmp_path), "site.yaml", ["redaction-front"])
    sign(tmp_path, "images")
    check_site(site(tmp_path), "site.yaml", ["redaction-front"])
    for weak in ({"redaction": {"kind": "blur"}}, {"hiding": {"part": "head"}}):
        with pytest.raises(SettingsError, match=r"redactions.front: .*not anonymous"):
            check_site(site(tmp_path, **weak), "site.yaml", ["redaction-front"])
        check_site(site(tmp_path, **weak, weak=True), "site.yaml", ["redaction-front"])
    with pytest.raises(SettingsError, match=r"redactions.front.authorization: name the signed"):
        check_site(site(tmp_path, authorization=None), "site.yaml", ["redaction-front"])
    with pytest.raises(SettingsError, match=r"redactions.front: .*yunet"):
        check_site(site(tmp_path, face={"model": "no/yunet.onnx"}), "site.yaml", [])
