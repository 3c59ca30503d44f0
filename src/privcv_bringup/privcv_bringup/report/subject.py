# SPDX-License-Identifier: Apache-2.0
"""What a report is about: the site that ran, what is known of it, what it left at the collector."""

from dataclasses import dataclass
from typing import Any

from privcv_bringup.report.truth import Truth
from privcv_site.site import Site


@dataclass(frozen=True)
class DemoInput:
    """A site to run, and what is known about it beyond that."""

    name: str  # for people
    site: Site
    truth: Truth | None = None

    @property
    def is_live(self) -> bool:
        return any(camera.source.kind != "file" for camera in self.site.cameras.values())

    @property
    def camera(self) -> str:
        """The camera that the report shows."""
        return next(iter(self.site.cameras))


@dataclass(frozen=True)
class Outcome:
    """What a run left at the collector."""

    totals: list[dict[str, Any]]  # zone reports
    dwell: list[dict[str, Any]]  # dwell reports
    exit_status: int
    fault: str  # empty, or why the run ended early

    @property
    def release(self) -> dict[str, Any]:
        """All of it in the shape of one release."""
        return {"sequence": 0, "zones": self.totals, "dwell": self.dwell}
