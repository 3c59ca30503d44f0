#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Policies and keystore of a site: fills in its cameras, then runs the commands of SROS2.

::

    python3 keystore.py --camera lobby --camera office=/office_camera/image_raw policies/
    python3 keystore.py --camera lobby --keystore /etc/privcv/keystore policies/
    python3 keystore.py --camera lobby --namespace robot1 policies/
    python3 keystore.py --camera lobby --redaction front=/front/image_raw policies/

The first writes one policy file per enclave and prints the commands; the second runs them too,
which needs ROS 2 with ``sros2`` and a middleware built with DDS-Security (the one in the Python
wheels is not). Each process is then started with ``--ros-args --enclave /privcv/camera/lobby`` and
with ``ROS_SECURITY_ENABLE=true``, ``ROS_SECURITY_STRATEGY=Enforce`` and ``ROS_SECURITY_KEYSTORE``.
With a namespace that of the enclaves begins with it too: ``/robot1/privcv/camera/lobby``.

SROS2 cannot revoke a key. Make a new keystore before the certificates expire or when a device is
lost, and keep the private keys of the authorities (``private/`` of the keystore) off the device:
it needs ``public/`` and ``enclaves/`` only.
"""

import argparse
import copy
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
NODES = HERE / "nodes.policy.xml"
EVERY_NODE = HERE / "every_node.policy.xml"


def policies(
    cameras: Mapping[str, str], namespace: str = "", redactions: Mapping[str, str] | None = None
) -> dict[str, ET.ElementTree]:
    """Enclave path -> its policy. ``cameras``: name -> topic of images, or an empty text.

    ``redactions``: stream -> full name of the topic of images that it shows without people.
    """
    base = f"/{namespace.strip('/')}" if namespace.strip("/") else ""
    template = _read(NODES)
    found = {}
    for enclave in _with_streams(template, redactions or {}):
        path = enclave.attrib["path"]
        for camera in cameras if "CAMERA" in path else [""]:
            own = copy.deepcopy(enclave)
            _fill_in(own, {camera: cameras[camera]} if camera else cameras)
            own.attrib["path"] = f"{base}{own.attrib['path']}"
            for profile in own.iter("profile"):
                profile.attrib["ns"] = f"{base}{profile.attrib['ns']}".rstrip("/") or "/"
                profile.extend(_read(EVERY_NODE))
            root = ET.Element("policy", template.attrib)
            ET.SubElement(root, "enclaves").append(own)
            ET.indent(root)
            found[own.attrib["path"]] = ET.ElementTree(root)
    return found


def _with_streams(template: ET.Element, redactions: Mapping[str, str]) -> list[ET.Element]:
    """The enclaves, that of a stream once for each."""
    found = []
    for enclave in template.findall("enclaves/enclave"):
        if "STREAM" not in enclave.attrib["path"]:
            found.append(enclave)
            continue
        for stream, topic in redactions.items():
            base, compressed = topic.removesuffix("/compressed"), topic.endswith("/compressed")
            shown = "redacted/image_raw"
            words = {
                "STREAM": stream, "IMAGES": topic,
                "INFO": f"{base.rpartition('/')[0]}/camera_info",
                "SHOWN": f"{shown}/compressed" if compressed else shown,
            }  # fmt: skip
            text = ET.tostring(enclave, encoding="unicode")
            for word, meaning in words.items():
                text = text.replace(word, meaning)
            found.append(ET.fromstring(text))  # noqa: S314 - a file of ours
    return found


def _read(path: Path) -> ET.Element:
    return ET.parse(path).getroot()  # noqa: S314 - a file of ours


def _fill_in(element: ET.Element, cameras: Mapping[str, str]) -> None:
    """Replace CAMERA and FRAMES: in attributes by the one camera, in lists once per camera."""
    if "CAMERA" in str(element.attrib):
        (camera,) = cameras
        element.attrib.update(
            {name: value.replace("CAMERA", camera) for name, value in element.attrib.items()}
        )
    for child in list(element):
        text = child.text or ""
        if "CAMERA" in text or text == "FRAMES":
            place = list(element).index(child)
            element.remove(child)
            for camera, frames in reversed(list(cameras.items())):
                name = frames if text == "FRAMES" else text.replace("CAMERA", camera)
                if name:
                    entry = copy.copy(child)
                    entry.text = name
                    element.insert(place, entry)
        else:
            _fill_in(child, cameras)
    for empty in [c for c in element if c.tag in ("topics", "services") and len(c) == 0]:
        element.remove(empty)


def commands(keystore: Path, files: Mapping[str, Path]) -> list[list[str]]:
    """What makes ``keystore`` with the enclaves of ``files``."""
    made = [] if (keystore / "enclaves").exists() else [["create_keystore", str(keystore)]]
    for enclave, file in files.items():
        made.append(["create_enclave", str(keystore), enclave])
        made.append(["create_permission", str(keystore), enclave, str(file)])
    return [["ros2", "security", *words] for words in made]


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--camera", action="append", required=True, metavar="NAME[=TOPIC]")
    parser.add_argument("--redaction", action="append", default=[], metavar="NAME=TOPIC")
    parser.add_argument("--namespace", default="", help="of the device, such as robot1")
    parser.add_argument("--keystore", type=Path, help="make or extend this keystore")
    parser.add_argument("folder", type=Path, help="where the policies are written")
    given = parser.parse_args()
    cameras = dict((*word.split("=", 1), "")[:2] for word in given.camera)
    given.folder.mkdir(parents=True, exist_ok=True)
    files = {}
    redactions = dict(word.split("=", 1) for word in given.redaction if "=" in word)
    for enclave, policy in policies(cameras, given.namespace, redactions).items():
        files[enclave] = given.folder / f"{enclave.strip('/').replace('/', '.')}.policy.xml"
        policy.write(files[enclave], encoding="utf-8", xml_declaration=True)
    for words in commands(given.keystore or Path("KEYSTORE"), files):
        print(" ".join(words))
        if given.keystore is not None:
            subprocess.run(words, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
