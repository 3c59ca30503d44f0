# SPDX-License-Identifier: Apache-2.0
"""Whether what settings make is anonymous, and that what is not has to be asked for."""

from privcv_core.errors import SettingsError
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.redaction_registry import strength_of


def check_anonymity(settings: ImagesSettings, *, weak: bool) -> bool:
    """Whether outputs are anonymous. Raises ``SettingsError`` where not and not ``weak``."""
    if settings.hiding.part == "head" and not weak:
        raise SettingsError(
            "hiding.part: 'head' leaves clothes and gait, by which people are known again; hide "
            "the body, or say --weak: the output is then labelled as not anonymous"
        )
    kept_key = settings.text_labels is not None and settings.text_labels.key_file is not None
    if kept_key and not weak:
        raise SettingsError(
            "text_labels.key_file: whoever has the key can try out what a label stands for; leave "
            "it out, or say --weak: the output is then labelled as not anonymous"
        )
    if strength_of(settings.redaction) == "weak":
        if not weak:
            raise SettingsError(
                f"redaction '{settings.redaction.kind}': is weak, whoever is retrained on it knows "
                "people again; take a strong one (see 'privcv redact --help'), or say --weak: the "
                "output is then labelled as not anonymous"
            )
        return False
    return settings.hiding.part == "body" and not kept_key
