# SPDX-License-Identifier: Apache-2.0
"""Redaction of what a user names: a picture, a video, or a folder of them, never overwriting.

Beside each output lies its signed manifest, ``NAME.manifest.json``, which is written last. So a
folder goes on where it was interrupted: what has a manifest of the same input, settings and key is
done, and what has an output and none was not made by us.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from privcv_core.errors import PrivcvError
from privcv_core.files.atomic_file import write_new
from privcv_core.files.folder import make_folder
from privcv_core.files.input_file import digest_input
from privcv_core.protocol.signing import SigningKey
from privcv_images.errors import ImagesError
from privcv_images.recordings.anonymity import check_anonymity
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.found_store import FoundStore
from privcv_images.recordings.image_codec import FORMATS
from privcv_images.recordings.image_file import ImageTask
from privcv_images.recordings.manifest import Tally, read_manifest, settings_facts, signed
from privcv_images.recordings.sealed_stream import sealed_beside
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.recordings.video_file import CODECS, VIDEOS, VideoTask


@dataclass(frozen=True)
class Done:
    """One output: how many frames it has, how many are withheld; ``before``: an earlier run did it.

    ``error``: why there is none.
    """

    source: Path
    target: Path
    frames: int = 0
    withheld: int = 0
    before: bool = False
    error: str = ""


class Redaction:
    """Redaction of files with ``settings``, signed by ``key``.

    Raises ``ModelError`` and ``SettingsError`` where the settings cannot be used.
    """

    def __init__(
        self,
        settings: ImagesSettings,
        key: SigningKey,
        *,
        weak: bool = False,
        progress: Callable[[int], None] = lambda frames: None,
    ) -> None:
        self._anonymous = check_anonymity(settings, weak=weak)
        self._settings, self._key = settings, key
        self._finder = Finder(settings, filled=True)
        self._images = ImageTask(settings, self._finder, weak)
        self._videos = VideoTask(settings, self._finder, weak=weak, progress=progress)

    def run(self, source: Path, target: Path) -> Iterator[Done]:
        """Redact ``source`` into ``target``, a file or a folder as it is; yields each output.

        Raises ``ImagesError``; in a folder what cannot be redacted is told and left out.
        """
        if not source.is_dir():
            if not source.exists():
                raise ImagesError(f"{source}: there is no such file")
            yield self._one(source, target)
            return
        files = [path for path in sorted(source.rglob("*")) if _is_ours(path, source)]
        if not files:
            raise ImagesError(f"{source}: holds no picture (.jpg, .png) and no video")
        if target.resolve() == source.resolve() or source.resolve() in target.resolve().parents:
            raise ImagesError(f"{target}: lies in the input {source}; name a folder beside it")
        for path in files:
            place = target / path.relative_to(source)
            if path.suffix.lower() in VIDEOS - CODECS.keys():
                place = place.with_name(f"{place.name}.mp4")
            try:
                make_folder(place.parent)
                yield self._one(path, place)
            except OSError as error:
                raise ImagesError(f"{place.parent}: {error.strerror}") from error
            except PrivcvError as error:
                yield Done(path, place, error=str(error))

    def _one(self, source: Path, target: Path) -> Done:
        is_image = source.suffix.lower() in FORMATS
        ends = sorted(FORMATS if is_image else CODECS)
        if target.suffix.lower() not in ends:
            raise ImagesError(f"{target}: name an output that ends with one of {', '.join(ends)}")
        if not is_image and source.suffix.lower() not in VIDEOS:
            raise ImagesError(f"{source}: is no picture or video by its name")
        manifest = target.with_name(f"{target.name}.manifest.json")
        try:
            given = digest_input(source)
        except OSError as error:
            raise ImagesError(f"{source}: cannot be read: {error.strerror}") from error
        facts = {
            "kind": "redacted file",
            "input_sha256": given,
            **settings_facts(self._settings, anonymous=self._anonymous),
        }
        if manifest.exists():
            return self._before(source, target, manifest, facts)
        if target.exists():
            raise ImagesError(f"{target}: exists already, and is not overwritten; name another")
        tally = self._images.run(source, target) if is_image else self._video(source, target, facts)
        written = digest_input(target) if target.exists() else ""
        content = {**facts, "output_sha256": written, **tally.content()}
        beside = sealed_beside(target)
        if self._settings.redaction.kind == "p3" and beside.exists():
            content["sealed_sha256"] = digest_input(beside)
        write_new(manifest, signed(content, self._key))
        return Done(source, target, tally.frames, _withheld(tally))

    def _video(self, source: Path, target: Path, facts: Mapping[str, object]) -> Tally:
        """A video, with what a run that was killed found in it, if this is the same once more."""
        if self._settings.people.kind != "onnx":  # it knows the scene by what came before
            return self._videos.run(source, target)
        store = FoundStore(target.with_name(f".{target.name}.found"), self._key, facts)
        done = False
        try:
            tally = self._videos.run(source, target, store)
            done = True
        finally:
            store.close(done=done)
        return tally

    def _before(self, source: Path, target: Path, manifest: Path, facts: dict[str, object]) -> Done:
        content = read_manifest(manifest, self._key.public)
        if any(content.get(name) != value for name, value in facts.items()):
            raise ImagesError(f"{target}: was made of another input or with other settings before")
        written = digest_input(target) if target.exists() else ""
        if content.get("output_sha256") != written:
            raise ImagesError(f"{target}: is not what its manifest says; it was changed or cut")
        withheld = content["frames"] - content["published"]
        return Done(source, target, content["frames"], withheld, before=True)


def _withheld(tally: Tally) -> int:
    return sum(len(times) for times in tally.withheld.values())


def _is_ours(path: Path, folder: Path) -> bool:
    """A picture or video that is not hidden, nor in a hidden folder."""
    if any(part.startswith(".") for part in path.relative_to(folder).parts):
        return False
    return path.is_file() and path.suffix.lower() in {*FORMATS, *VIDEOS}
