# SPDX-License-Identifier: Apache-2.0
"""Query parameters that several routes of readers share, with their bounds."""

from typing import Annotated

from fastapi import Query

Name = Annotated[str | None, Query(max_length=64, pattern=r"^[^\x00]*$")]
"""Of a site, a camera, a zone or a device; NUL, which PostgreSQL refuses, is no part of one."""

Limit = Annotated[int, Query(ge=1, le=10_000)]
"""Most rows of one answer."""

Before = Annotated[int | None, Query(ge=1, lt=2**62, description="The last row's number.")]
"""Where the next page begins, of lists with the newest first."""

DeviceId = Annotated[str, Query(pattern=r"^[0-9a-f]{32}$")]
"""Of one device."""
