# SPDX-License-Identifier: Apache-2.0
"""Redaction of one picture: what is found in it alone, since nothing came before or after."""

from dataclasses import dataclass
from pathlib import Path

from privcv_core.files.atomic_file import write_new
from privcv_core.files.input_file import read_input
from privcv_images.errors import ImagesError
from privcv_images.hiding.plan import plan_frames
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.image_codec import FORMATS, decode, encode
from privcv_images.recordings.manifest import NOT_ANONYMOUS, Tally
from privcv_images.recordings.redactor import Redactor
from privcv_images.recordings.sealed_stream import sealed_beside
from privcv_images.recordings.settings import ImagesSettings
from privcv_perception.detection.detector import frame_size


@dataclass(frozen=True)
class ImageTask:
    """Redaction of pictures with ``settings``; ``weak`` ones are allowed where asked for."""

    settings: ImagesSettings
    finder: Finder
    weak: bool = False

    def run(self, source: Path, target: Path) -> Tally:
        """Write ``source`` without people to the new file ``target``, or nothing, if withheld.

        Raises ``ImagesError`` and ``FileWriteError``.
        """
        try:
            content = read_input(source)
        except OSError as error:
            raise ImagesError(f"{source}: cannot be read: {error.strerror}") from error
        frame = decode(content, str(source))
        self.finder.begin_anew()
        found = self.finder.find(frame, 0.0)
        (plan,) = plan_frames([found], frame_size(frame), self.settings.hiding)
        tally = Tally()
        tally.add(0, plan.withheld)
        if plan.withheld is None:
            redactor = Redactor(self.settings, None, weak=self.weak)
            redactor.redact(frame, plan.regions, 0.0)
            tally.text_labels = redactor.label_counts
            comment = "" if redactor.anonymous else NOT_ANONYMOUS
            made = encode(frame, FORMATS[target.suffix.lower()], comment)
            if (sealed := redactor.sealed(made)) is not None:
                write_new(sealed_beside(target), sealed)
            write_new(target, made)
        return tally
