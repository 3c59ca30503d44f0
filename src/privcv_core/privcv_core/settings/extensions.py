# SPDX-License-Identifier: Apache-2.0
"""Settings that choose by ``kind``: ours, or what an installed package adds under that name.

What a package adds is made by ``build_extension`` and nowhere else, and the audit log records
``loaded_facts`` of it.
"""

from typing import Any, ClassVar

from pydantic import Field, model_validator

from privcv_core.doors import Door, find, load
from privcv_core.errors import SettingsError
from privcv_core.settings.model import AT_START, TRUST, Settings, parse_settings

KIND = r"^[a-z][a-z0-9_-]*$"
"""A name of a kind: of ours, or of an entry point."""


class ChosenByKind(Settings):
    """Settings of something that a package may add; a subclass names the door and our kinds."""

    door: ClassVar[Door]
    ours: ClassVar[tuple[str, ...]]

    kind: str = Field(
        "builtin", pattern=KIND, max_length=64, json_schema_extra=AT_START,
        description="builtin, to which the other keys belong; or the name of one that an installed "
        "package adds",
    )  # fmt: skip
    options: dict[str, Any] = Field(
        default_factory=dict, json_schema_extra=TRUST,
        description="settings of what a package adds, as that says",
    )  # fmt: skip

    @property
    def is_ours(self) -> bool:
        """Whether it comes with privcv."""
        return self.kind in self.ours

    @model_validator(mode="after")
    def _kind_is_there(self) -> "ChosenByKind":
        if self.is_ours:
            if self.options:
                raise ValueError(
                    f"options: are those of a package's kind, and '{self.kind}' is ours"
                )
            return self
        try:
            find(self.door, self.kind)
        except SettingsError as error:
            raise ValueError(f"kind: is none of {', '.join(self.ours)}; {error}") from error
        return self


def build_extension(settings: ChosenByKind, form: type[Any], *arguments: Any) -> Any:
    """What a package adds under the kind chosen, built of its options and ``arguments``.

    ``form``: the class of what its entry point names, with ``settings``, the model of the options,
    and ``build``. Raises ``SettingsError``.
    """
    kind = settings.kind
    made = load(settings.door, kind, form).content
    model = made.settings
    if not (isinstance(model, type) and issubclass(model, Settings)):
        raise SettingsError(f"'{kind}': its settings are no privcv_core.settings.model.Settings")
    options = parse_settings(model, dict(settings.options), where=f"options of '{kind}'")
    return made.build(options, *arguments)


def loaded_facts(settings: ChosenByKind) -> dict[str, str]:
    """What the audit log says of what is loaded: where it comes from, and its version."""
    extension = load(settings.door, settings.kind)
    return {
        "door": settings.door,
        "name": extension.name,
        "distribution": extension.distribution,
        "version": extension.version,
    }
