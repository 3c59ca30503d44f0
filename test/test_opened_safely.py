# SPDX-License-Identifier: Apache-2.0
"""Who opens, makes or removes a file without ``privcv_core.files`` says here why.

There no link of others is followed, no pipe is waited for and nobody else's file is written
(``regular_file``, ``folder``, ``atomic_file``); what a user names is a file (``input_file``).
"""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"

METHODS = {
    "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir", "rmdir", "touch",
    "rename", "symlink_to", "hardlink_to", "chmod", "lchmod", "load_cert_chain",
    "load_verify_locations", "savefig", "tofile",
}  # fmt: skip
"""Of paths and the like: nothing else here has methods of these names."""

FUNCTIONS = {
    "os": {
        "open", "remove", "unlink", "rename", "renames", "replace", "mkdir", "makedirs", "rmdir",
        "removedirs", "chmod", "chown", "truncate", "link", "symlink", "mkfifo", "mknod",
    },
    "shutil": {
        "copy", "copy2", "copyfile", "copytree", "move", "rmtree", "unpack_archive", "chown",
        "make_archive",
    },
    "tempfile": {
        "mkdtemp", "mkstemp", "mktemp", "NamedTemporaryFile", "TemporaryDirectory", "TemporaryFile",
    },
    "np": {
        "load", "save", "savez", "savez_compressed", "loadtxt", "savetxt", "genfromtxt", "fromfile",
        "memmap",
    },
    "cv2": {"VideoCapture", "VideoWriter", "imread", "imwrite", "FileStorage"},
    "sqlite3": {"connect"},
    "ElementTree": {"parse", "iterparse"},
    "onnx": {"load", "load_model", "save", "save_model"},
    "ssl": {"create_default_context"},
    "gzip": {"open"}, "bz2": {"open"}, "lzma": {"open"}, "io": {"open"}, "codecs": {"open"},
    "zipfile": {"ZipFile"}, "tarfile": {"open"}, "logging": {"FileHandler"},
}  # fmt: skip

PROC = "the kernel's own files: nobody else makes names there"
OWN = "in a folder of our own with a random name that nobody else may enter"
CHECKED = "a library opens it itself: looked at before, by the function named beside"

ALLOWED: dict[str, dict[str, str]] = {
    "privcv_core/files/regular_file.py": {
        "os.open": "this is the opener", "open": "of its descriptors", "os.chmod": "by descriptor",
    },
    "privcv_core/files/folder.py": {
        "os.mkdir": "in the descriptor of a folder", "os.unlink": "the same",
        "os.rename": "the same", "os.open": "the same", "os.rmdir": "the same",
    },
    "privcv_core/files/atomic_file.py": {
        "os.open": "in the descriptor of a folder, O_EXCL", "open": "of that descriptor",
        "os.replace": "in the descriptor of a folder", "os.unlink": "the same",
    },
    "privcv_core/files/input_file.py": {
        "os.open": "what a user names: any link, no pipe", "open": "of that descriptor",
    },
    "privcv_core/files/output_file.py": {
        "os.open": "a pipe or device that a user names, not waited for",
        "open": "of that descriptor",
    },
    "privcv_core/files/graph_secret.py": {
        "os.open": "in the descriptor of a folder, O_EXCL", "open": "of that descriptor",
        "os.link": "in the descriptor of a folder", "os.unlink": "the same",
    },
    "privcv_core/files/tls_files.py": {
        ".load_verify_locations": f"{CHECKED}: read_input",
        ".load_cert_chain": f"{CHECKED}: read_input, check_secret",
    },
    "privcv_core/audit/resumed.py": {"open": "of a descriptor that open_regular gave"},
    "privcv_core/node/presence.py": {".read_text": PROC},
    "privcv_privacy/anonymization/secret.py": {"open": "/dev/urandom"},
    "privcv_core/event_time/running_time.py": {".read_text": PROC},
    "privcv_core/at_rest/database.py": {
        "sqlite3.connect": f"{CHECKED}: check_database, make_private",
    },
    "privcv_collector/api/pages/dashboard.py": {
        ".read_bytes": "files of the package, by its loader: they may lie in an archive",
    },
    "privcv_collector/storage/private_file.py": {"sqlite3.connect": f"{CHECKED}: check_database"},
    "privcv_perception/frames/hardening.py": {"open": PROC},
    "privcv_perception/residue/audit.py": {"tempfile.TemporaryDirectory": OWN},
    "privcv_perception/residue/canary.py": {
        "cv2.VideoCapture": OWN, "cv2.VideoWriter": OWN, ".read_bytes": OWN,
    },
    "privcv_perception/residue/live_images.py": {"os.open": PROC},
    "privcv_perception/residue/process.py": {
        ".mkdir": OWN, ".open()": OWN, ".read_text": f"{OWN}, and /proc",
    },
    "privcv_perception/residue/publisher.py": {"cv2.imread": OWN},
    "privcv_perception/residue/scan.py": {
        "os.open": PROC, "open": "a file that the audited process has open, by /proc",
        ".read_text": PROC,
    },
    "privcv_perception/residue/topic_audit.py": {
        "tempfile.TemporaryDirectory": OWN, "cv2.imwrite": OWN,
    },
    "privcv_perception/sources/opencv_capture.py": {
        "cv2.VideoCapture": "a device, an address, or a file that was seen to be one",
    },
    "privcv_uplink/transports/pinning.py": {
        "ssl.create_default_context": "of no file",
    },
    "privcv_collector/sums/exchange.py": {"ssl.create_default_context": "of no file"},
    "privcv_collector/sums/witnesses.py": {"ssl.create_default_context": "of no file"},
    "privcv_collector/alerts/channels.py": {"ssl.create_default_context": "of no file"},
    "privcv_collector/serve.py": {"os.open": "/dev/tty, to know whether there is a terminal"},
    "privcv_compliance/documents/pdf_pages.py": {".savefig": "into an open file"},
    "privcv_compliance/notice/sign.py": {".savefig": "into an open file"},
    "privcv_compliance/objection/button.py": {
        "os.open": "an input device, which is no regular file; looked at through its descriptor",
    },
    "privcv_compliance/evidence/running_processes.py": {".read_text": PROC, ".read_bytes": PROC},
    "privcv_compliance/evidence/folder_walk.py": {
        "os.open": "O_PATH, in the descriptor of a folder",
    },
    "privcv_compliance/evidence/snapshot.py": {
        "tempfile.TemporaryDirectory": OWN, ".open()": OWN,
    },
    "privcv_compliance/graph/view.py": {".read_text": PROC},
    "privcv_images/bags/anonymize.py": {
        "shutil.rmtree": "which follows no link, of a folder that it just made",
    },
    "privcv_images/bags/restore.py": {
        "shutil.rmtree": "which follows no link, of a folder that it just made",
    },
    "privcv_images/recordings/video_file.py": {
        "cv2.VideoWriter": "a random name beside the output, which must not exist",
    },
    "privcv_bringup/demo/demo.py": {
        "ssl.create_default_context": "of certificates made in the demo's own folder",
    },
    "privcv_bringup/across_demo/leader_client.py": {
        "ssl.create_default_context": "of certificates made in the demo's own folder",
    },
    "privcv_bringup/demo/folder.py": {
        "shutil.rmtree": "which follows no link, in a folder of ours", ".mkdir": "of a user",
        ".touch": "in the folder that it just made, 0700",
    },
    "privcv_bringup/replay/bag.py": {
        "shutil.rmtree": "which follows no link, of a folder that it just made",
    },
    "privcv_bringup/report/page.py": {".savefig": "into a buffer"},
    "privcv_bringup/run/launching.py": {"tempfile.mkdtemp": OWN, "shutil.rmtree": OWN},
    "privcv_bringup/run/logs.py": {
        "tempfile.mkdtemp": OWN, "shutil.rmtree": OWN,
    },
    "privcv_bringup/scene/render.py": {
        ".mkdir": "a folder that a user names", ".read_text": "in it",
        "cv2.VideoWriter": OWN, "tempfile.TemporaryDirectory": OWN,
        ".replace()": "from there to the folder that a user names",
    },
}  # fmt: skip


def calls_of(source: str) -> set[str]:
    """The calls in ``source`` that open, make, change or remove a file."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called, given = node.func, [*node.args, *node.keywords]
        if isinstance(called, ast.Name) and called.id == "open":
            found.add("open")
        if not isinstance(called, ast.Attribute):
            continue
        of = called.value.id if isinstance(called.value, ast.Name) else ""
        if of in FUNCTIONS:
            if called.attr in FUNCTIONS[of]:
                found.add(f"{of}.{called.attr}")
        elif called.attr in METHODS:
            found.add(f".{called.attr}")
        elif called.attr == "open" and _is_mode(node.args):
            found.add(".open()")
        elif called.attr == "replace" and len(given) == 1 and not _is_field(given[0]):
            found.add(".replace()")  # a path's: a string's takes two
    return found


def _is_mode(arguments: list[ast.expr]) -> bool:
    """Whether these are a path's ``open``: nothing or a mode first."""
    first = arguments[0] if arguments else None
    return isinstance(first, ast.Constant) and str(first.value).strip("rwxabt+") == ""


def _is_field(given: ast.expr | ast.keyword) -> bool:
    """``replace(tzinfo=…)`` of a time, ``replace(x=…)`` of a named tuple."""
    return isinstance(given, ast.keyword)


FOUND = {
    str(path.relative_to(SOURCE)).split("/", 1)[1]: calls
    for path in sorted(SOURCE.glob("*/privcv_*/**/*.py"))
    if (calls := calls_of(path.read_text(encoding="utf-8")))
}


def test_who_opens_files_by_itself_says_why() -> None:
    unsaid = {
        (name, call)
        for name, calls in FOUND.items()
        for call in calls
        if call not in ALLOWED.get(name, {})
    }
    assert unsaid == set(), "use privcv_core.files, or say in ALLOWED why not"


def test_no_reason_outlives_its_call() -> None:
    gone = {
        (name, call) for name, calls in ALLOWED.items() for call in calls
        if call not in FOUND.get(name, ())
    }  # fmt: skip
    assert gone == set()


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("open('x')", "open"),
        ("Path('x').read_text()", ".read_text"),
        ("path.parent.mkdir(parents=True)", ".mkdir"),
        ("path.open('rb')", ".open()"),
        ("path.replace(other)", ".replace()"),
        ("os.unlink(path)", "os.unlink"),
        ("np.load(path)", "np.load"),
        ("sqlite3.connect(path)", "sqlite3.connect"),
        ("yaml.safe_load(open(path))", "open"),
        ("cv2.imread(name)", "cv2.imread"),
    ],
)
def test_each_kind_of_call_is_seen(source: str, call: str) -> None:
    assert calls_of(source) == {call}


@pytest.mark.parametrize(
    "source",
    ["source.open()", "webbrowser.open(url)", "'a'.replace('b', 'c')", "now.replace(tzinfo=utc)"],
)
def test_what_opens_no_file_is_not(source: str) -> None:
    assert calls_of(source) == set()
