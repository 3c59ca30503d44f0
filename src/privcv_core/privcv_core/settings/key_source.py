# SPDX-License-Identifier: Apache-2.0
"""The setting ``at_rest_key``: where the keys are by which all that is kept is encrypted."""

from typing import Annotated, Literal

from pydantic import Field

from privcv_core.settings.model import PathSetting

KeySource = Annotated[Literal["credential"] | PathSetting, Field(union_mode="left_to_right")]
"""``credential``: the systemd credential ``at-rest-key``; else the path of a key file."""
