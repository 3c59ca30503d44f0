# SPDX-License-Identifier: Apache-2.0
"""Where frames come from: a file, a V4L2 device, an RTSP stream, an image topic.

OpenCV is only imported once a source is made, so that settings can be read without it.
"""

from privcv_perception.sources.settings import SourceSettings
from privcv_perception.sources.source import Source

__all__ = ["Source", "SourceSettings", "open_source"]


def open_source(settings: SourceSettings) -> Source:
    """The source that ``settings`` describe. It takes nothing until its ``open`` is called."""
    if settings.kind == "file":
        from privcv_perception.sources.file import FileSource

        return FileSource(settings)
    if settings.kind == "topic":
        from privcv_perception.sources.topic import TopicSource

        return TopicSource(settings)
    from privcv_perception.sources.live import LiveSource

    return LiveSource(settings)
