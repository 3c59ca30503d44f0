# SPDX-License-Identifier: Apache-2.0
"""What root writes once, by hand, among another user's audit logs keeps that user out of none."""

import os
from pathlib import Path

import pytest
from lesser_user import NOBODY, as_nobody, folder_of_all, needs_root

from privcv_core.audit.files import full_files
from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.verify import verify_chain
from privcv_core.files.folder import make_folder
from privcv_core.files.regular_file import make_regular

pytestmark = needs_root
CHAIN = "operator"


def note(folder: Path, times: int = 1) -> str:
    """Append to the chain; what went wrong, or nothing."""
    try:
        with AuditLog(AuditSettings(folder=folder, file_bytes=4096), CHAIN) as log:
            for _ in range(times):
                log.append("fault", where="here", what="something")
    except OSError as error:
        return str(error)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


@pytest.mark.parametrize("first", ["root", "its user"])
def test_a_user_goes_on_where_root_wrote(first: str) -> None:
    """Also where root made the folder, or went on to a next file."""
    with folder_of_all() as place:
        os.chown(place, NOBODY, NOBODY)
        folder = place / "state" / "audit"
        if first == "its user":
            assert as_nobody(lambda: note(folder)) == ""
        assert note(folder, times=40) == ""
        assert len(full_files(folder, CHAIN)) > 1
        assert as_nobody(lambda: note(folder, times=40)) == ""
        made = [folder.parent, folder, *folder.iterdir()]
        assert {path.stat().st_uid for path in made} == {NOBODY}
        assert verify_chain(folder, CHAIN).problems == ()


def test_nothing_is_given_away_where_others_write_too() -> None:
    with folder_of_all(0o775) as place:
        os.chown(place, NOBODY, NOBODY)
        make_folder(place / "folder")
        os.close(make_regular(place / "file", os.O_WRONLY, 0o600))
        assert {path.stat().st_uid for path in place.iterdir()} == {0}


def test_a_file_that_is_there_stays_whose_it_is() -> None:
    with folder_of_all() as place:
        (place / "file").touch()
        os.chown(place, NOBODY, NOBODY)
        with pytest.raises(FileExistsError):
            make_regular(place / "file", os.O_WRONLY, 0o600)
        make_folder(place)
        assert (place / "file").stat().st_uid == 0
