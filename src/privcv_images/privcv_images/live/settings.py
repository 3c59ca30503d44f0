# SPDX-License-Identifier: Apache-2.0
"""Settings of a live stream without people: those of recordings, and how far it lags behind."""

from pydantic import Field, model_validator

from privcv_images.recordings.settings import ImagesSettings


class LiveSettings(ImagesSettings):
    """Settings of the live redaction of one topic of images."""

    weak: bool = Field(
        False,
        description="allow what is not anonymous (blur, pixelate, hiding.part: head); each image "
        "is then labelled so",
    )
    delay_s: float = Field(
        1.2, ge=0.1, le=10,
        description="an image is published so long after it was taken, s of event time, when it is "
        "known who was there a moment later",
    )  # fmt: skip
    step_s: float = Field(
        0.2, ge=0.02, le=2,
        description="plans are made so often, s: images come up to so much later, several at once",
    )  # fmt: skip
    past_s: float = Field(
        2.0, ge=0.5, le=10, description="so long before an image is looked back for its plan, s"
    )
    lost_s: float = Field(
        2.0, ge=0, le=60,
        description="nothing is published for so much longer than hiding.doubt_s after somebody "
        "was lost inside the picture: nobody knows yet whether they come back, s",
    )  # fmt: skip
    queue: int = Field(
        8, ge=1, le=64, description="images that may wait to be looked at; others are left out"
    )
    most_held: int = Field(
        64, ge=4, le=512, description="images that may wait to be published; bounds the memory"
    )
    scene_s: float = Field(
        30.0, ge=5, le=600,
        description="background, shape: the empty scene is made of the first images over so long, "
        "s, of which none is published; the camera stands still",
    )  # fmt: skip

    @model_validator(mode="after")
    def _sees_ahead(self) -> "LiveSettings":
        hiding = self.hiding
        least = max(hiding.doubt_s, hiding.hold_s)
        if self.delay_s < least:
            raise ValueError(
                f"delay_s: must be at least {least:g} (hiding.doubt_s, hiding.hold_s): who is "
                "first found inside the picture was there before, in images that were shown by then"
            )
        if self.text_labels is not None:
            raise ValueError("text_labels: a stream has no manifest that would count them")
        if self.redaction.kind == "p3":
            raise ValueError(
                "redaction.kind: p3 keeps a secret part for each image, which a topic has no place "
                "for; redact a recording"
            )
        if self.redaction.kind == "adversarial":
            raise ValueError(
                "redaction.kind: adversarial asks the face detector hundreds of times for each "
                "face, which no stream waits for; redact a recording"
            )
        return self
