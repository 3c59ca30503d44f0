#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write a software bill of materials (SBOM) from the lock files: CycloneDX 1.5, JSON.

Same locks, same bytes: it names no time and no machine. ``python tools/sbom.py [FILE]``, by default
``out/sbom.cdx.json``.
"""

import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from lockfile import Pinned, locks, read_lock, read_locks

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "out" / "sbom.cdx.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = sbom()
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"{path}: {len(content['components'])} components")


def sbom() -> dict[str, Any]:
    """The bill as CycloneDX has it."""
    packages = [_own(path) for path in sorted(ROOT.glob("src/*/package.xml"))]
    where = {
        key: sorted(path.name for path in locks() if key in _keys(path)) for key in read_locks()
    }
    taken = [_component(one, where[key]) for key, one in sorted(read_locks().items())]
    content = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "privcv", "name": "privcv"}},
        "components": [*packages, *taken],
    }
    digest = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content))
    return {**content, "serialNumber": f"urn:uuid:{digest}"}


def _keys(path: Path) -> set[tuple[str, str]]:
    return {(one.name, one.version) for one in read_lock(path)}


def _own(manifest: Path) -> dict[str, Any]:
    package = ElementTree.parse(manifest).getroot()  # noqa: S314 - our own file
    name, version = package.findtext("name"), package.findtext("version")
    return {
        "type": "library",
        "bom-ref": f"{name}@{version}",
        "name": name,
        "version": version,
        "licenses": [{"license": {"id": package.findtext("license")}}],
    }


def _component(one: Pinned, files: list[str]) -> dict[str, Any]:
    """A package of the index. Each hash is of one of its wheels or its archive."""
    purl = f"pkg:pypi/{one.name}@{quote(one.version, safe='')}"
    properties = [{"name": "privcv:lock", "value": name} for name in files]
    if one.marker:
        marker = re.sub(r"\s+", " ", one.marker)
        properties.append({"name": "privcv:marker", "value": marker})
    return {
        "type": "library",
        "bom-ref": purl,
        "name": one.name,
        "version": one.version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in one.hashes],
        "properties": properties,
    }


if __name__ == "__main__":
    main()
