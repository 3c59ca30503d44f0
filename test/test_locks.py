# SPDX-License-Identifier: Apache-2.0
"""What is installed was locked by hash; the bill of materials and the audit say no less."""

import json
import subprocess
import sys
import zipfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import setup_workspace
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements"
LOCKS = sorted(path.stem for path in REQUIREMENTS.glob("*.in"))
TODAY = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def locked(name: str) -> dict[str, list[Requirement]]:
    """The requirements of a lock as pip reads them: each with at least one hash."""
    text = (REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", "")
    found: dict[str, list[Requirement]] = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            requirement, *hashes = line.split("--hash=sha256:")
            assert hashes, line
            assert all(len(digest.split()[0]) == 64 for digest in hashes), line
            parsed = Requirement(requirement.strip())
            assert [part.operator for part in parsed.specifier] == ["=="], line
            found.setdefault(parsed.name.lower(), []).append(parsed)
    return found


def of_the_project() -> list[str]:
    """What ``pyproject.toml`` names as the dependencies of privcv itself."""
    text = (REQUIREMENTS.parent / "pyproject.toml").read_text(encoding="utf-8")
    listed = text.split("\ndependencies = [", 1)[1].split("\n]", 1)[0]
    return [line.strip(' ",') for line in listed.splitlines() if line.strip()]


@pytest.mark.parametrize("name", LOCKS)
def test_every_file_that_may_be_installed_is_known_by_its_hash(name: str) -> None:
    lines = (REQUIREMENTS / f"{name}.in").read_text(encoding="utf-8").splitlines()
    if name == "product":
        lines += of_the_project()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert wanted
    found = locked(name)
    for requirement in wanted:
        for pinned in found[requirement.name.lower()]:
            (version,) = (part.version for part in pinned.specifier)
            assert requirement.specifier.contains(version), requirement


def test_locks_that_are_installed_together_agree() -> None:
    product = locked("product")
    for other in set(LOCKS) - {"product", "docs"}:  # docs: an environment of its own
        for name, pinned in locked(other).items():
            if name in product:
                mine, theirs = ({str(r.specifier) for r in one} for one in (product[name], pinned))
                assert theirs <= mine, (other, name)


def test_the_set_up_and_the_image_install_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(setup_workspace, "run", lambda command, *_: commands.append(command))
    venv = tmp_path / "venv"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    (venv / "lib" / version).mkdir(parents=True)  # so that none is made
    requirements = [REQUIREMENTS / "product.txt", REQUIREMENTS / "jazzy.txt"]
    setup_workspace.make_environment(venv, requirements, "wheels jazzy")
    builders, install = [command for command in commands if "install" in command]
    named = builders[builders.index("--require-hashes") + 1 :]
    assert named == ["--only-binary", ":all:", "-r", str(REQUIREMENTS / "build.txt")]
    named = install[install.index("--require-hashes") + 1 :]
    wanted = ["-r", str(requirements[0]), "-r", str(requirements[1])]
    assert named == ["--no-build-isolation", *wanted]
    image = (ROOT / "config" / "compose.yaml").read_text(encoding="utf-8")
    for command in image.split("RUN ")[1:]:
        if "pip install" in command:
            locked_wheels = "--only-binary :all: --require-hashes -r" in command
            assert locked_wheels or "--no-deps --no-build-isolation" in command


def run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools" / tool), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_bill_of_materials_names_all_that_is_locked(tmp_path: Path) -> None:
    files = [tmp_path / "one.json", tmp_path / "two.json"]
    for file in files:
        assert run("sbom.py", str(file)).returncode == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    bill = json.loads(files[0].read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    wanted = {
        f"pkg:pypi/{name}@{part.version}"
        for lock in LOCKS
        for name, pinned in locked(lock).items()
        for one in pinned
        for part in one.specifier
    }
    assert {part["purl"] for part in bill["components"] if "purl" in part} == wanted
    references = [part["bom-ref"] for part in bill["components"]]
    assert len(references) == len(set(references))
    own = {part["name"] for part in bill["components"] if "purl" not in part}
    assert own == {path.parent.name for path in ROOT.glob("src/*/package.xml")}
    assert all(part["hashes"] for part in bill["components"] if "purl" in part)


def database(path: Path, *records: dict[str, Any], total: int = 1000, when: str = TODAY) -> str:
    """A recorded database with ``records``, and others that concern nobody here."""
    with zipfile.ZipFile(path / "all.zip", "w") as archive:
        for number, record in enumerate(records):
            archive.writestr(f"{number}.json", json.dumps({"modified": when, **record}))
        for number in range(total - len(records)):
            content = {"id": f"OTHER-{number}", "modified": when, "affected": []}
            archive.writestr(f"OTHER-{number}.json", json.dumps(content))
    return str(path / "all.zip")


def advisory(name: str, **affected: Any) -> dict[str, Any]:
    package = {"ecosystem": "PyPI", "name": name}
    return {"id": "PYSEC-0", "summary": "bad", "affected": [{"package": package, **affected}]}


def between(*events: dict[str, str]) -> dict[str, Any]:
    return {"ranges": [{"type": "ECOSYSTEM", "events": list(events)}]}


def version_of(name: str) -> str:
    ((pinned,),) = (locked("product")[name],)
    return str(pinned.specifier).removeprefix("==")


def test_an_audit_without_a_database_is_no_audit(tmp_path: Path) -> None:
    """None, none there, an empty one, a broken one, a part of one, an old one: never 'ok'."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"PK nonsense")
    (tmp_path / "half").mkdir()
    (tmp_path / "old").mkdir()
    (tmp_path / "future").mkdir()
    (tmp_path / "no").mkdir()
    (tmp_path / "no" / "a.json").write_text("<html>")
    for arguments in (
        [],
        [""],
        [str(tmp_path / "nothing.zip")],
        [str(tmp_path / "empty")],
        [str(tmp_path / "broken.zip")],
        [str(tmp_path / "no")],
        [database(tmp_path / "half", total=999)],
        [database(tmp_path / "old", when="2026-01-01T00:00:00Z")],
        [database(tmp_path / "future", when="2999-01-01T00:00:00Z")],
    ):
        done = run("audit_dependencies.py", *arguments)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert done.stderr.startswith("NOT AUDITED: ")
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("affected", "found"),
    [
        ({"versions": ["{version}"]}, True),
        ({"versions": ["0.0.1"]}, False),
        (between({"introduced": "0"}), True),
        (between({"introduced": "0"}, {"fixed": "{version}"}), False),
        (between({"introduced": "{version}"}, {"fixed": "9999"}), True),
        (between({"introduced": "0"}, {"last_affected": "{version}"}), True),
        (between({"introduced": "0"}, {"last_affected": "0.1"}), False),
        (between({"introduced": "0"}, {"fixed": "0.1"}, {"introduced": "{version}"}), True),
        (between({"introduced": "what is this"}), True),  # cannot be compared: say so
        ({}, True),  # of which versions is not said
        (between({"introduced": "0"}, {"limit": "*"}), True),
        ({"versions": ["2004b", "0.1"]}, False),  # what was once a version equals none
        ({"versions": ["0.1"], "ranges": [{"type": "GIT", "events": []}]}, False),
    ],
)
@pytest.mark.parametrize("name", ["pydantic", "Prometheus_Client", "prometheus.client"])
def test_an_audit_finds_what_is_affected(
    tmp_path: Path, name: str, affected: dict[str, Any], found: bool
) -> None:
    locked_name = name.lower().replace("_", "-").replace(".", "-")
    version = version_of(locked_name)
    record = advisory(name, **json.loads(json.dumps(affected).replace("{version}", version)))
    done = run("audit_dependencies.py", database(tmp_path, record))
    assert done.returncode == (1 if found else 0), done.stderr
    assert (f"{locked_name}=={version}: PYSEC-0 bad" in done.stdout) == found
    withdrawn = {**record, "withdrawn": TODAY}
    assert run("audit_dependencies.py", database(tmp_path, withdrawn)).returncode == 0


REAL = {
    "schema_version": "1.6.0",
    "details": "In PyYAML before 5.1, the yaml.load() API could execute arbitrary code.\nMore.",
    "published": "2018-06-27T12:29:00Z",
    "references": [{"type": "WEB", "url": "https://github.com/yaml/pyyaml/pull/74"}],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "affected": [
        {
            "package": {"name": "pyyaml", "ecosystem": "PyPI", "purl": "pkg:pypi/pyyaml"},
            "ranges": [
                {
                    "type": "GIT",
                    "repo": "https://github.com/yaml/pyyaml",
                    "events": [{"introduced": "0"}, {"fixed": "7b68405c81db889f83c32846462b"}],
                },
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "9999"}]},
            ],
            "versions": ["3.01", "3.13b1", "4.2b4", "5.1b7"],
            "database_specific": {"source": "https://github.com/pypa/advisory-database"},
        },
        {
            "package": {"name": "pyyaml", "ecosystem": "Debian:11"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
        },
    ],
}  # fmt: skip
"""An advisory as OSV's export has it (PYSEC-2018-49), but for the version in which it ends."""


def test_an_advisory_of_several_databases_is_told_once_under_all_its_names(tmp_path: Path) -> None:
    github = {**REAL, "id": "GHSA-rprw-h62v-c2w7", "aliases": ["CVE-2017-18342"]}
    pypa = {**REAL, "id": "PYSEC-2018-49", "aliases": ["CVE-2017-18342", "GHSA-rprw-h62v-c2w7"]}
    other = {**REAL, "id": "PYSEC-2020-96", "aliases": ["CVE-2020-1747"], "summary": "another"}
    done = run("audit_dependencies.py", database(tmp_path, github, pypa, other))
    version = version_of("pyyaml")
    assert done.stdout.splitlines()[:2] == [
        f"pyyaml=={version}: PYSEC-2018-49 GHSA-rprw-h62v-c2w7 CVE-2017-18342 "
        "In PyYAML before 5.1, the yaml.load() API could execute arbitrary code.",
        f"pyyaml=={version}: PYSEC-2020-96 CVE-2020-1747 another",
    ]
    assert done.stdout.splitlines()[2].endswith(" locked packages, 2 affected")
