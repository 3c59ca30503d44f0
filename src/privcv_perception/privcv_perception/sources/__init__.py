# SPDX-License-Identifier: Apache-2.0
"""Where frames come from: a file, a V4L2 device, an RTSP stream, an image topic, or a source that a
package adds.

OpenCV is only imported once a source is made, so that settings can be read without it.
"""

from privcv_perception.sources.settings import SourceSettings
from privcv_perception.sources.source import Source

__all__ = ["Source", "SourceSettings", "is_recorded", "open_source"]


def open_source(settings: SourceSettings) -> Source:
    """The source that ``settings`` describe. It takes nothing until its ``open`` is called.

    Raises ``SettingsError`` where what a package adds cannot be used.
    """
    if not settings.is_ours:
        from privcv_core.settings.extensions import build_extension
        from privcv_perception.sources.extension import SourceExtension

        made = build_extension(settings, SourceExtension, settings.uri)
        return made  # type: ignore[no-any-return]
    if settings.kind == "file":
        from privcv_perception.sources.file import FileSource

        return FileSource(settings)
    if settings.kind == "topic":
        from privcv_perception.sources.topic import TopicSource

        return TopicSource(settings)
    from privcv_perception.sources.live import LiveSource

    return LiveSource(settings)


def is_recorded(settings: SourceSettings) -> bool:
    """Whether its event time is that of a recording, not of the clock. Raises ``SettingsError``."""
    if settings.is_ours:
        return settings.kind == "file"
    from privcv_core.doors import load
    from privcv_perception.sources.extension import SourceExtension

    return bool(load(settings.door, settings.kind, SourceExtension).content.is_recorded)
