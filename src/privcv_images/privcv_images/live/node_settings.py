# SPDX-License-Identifier: Apache-2.0
"""Settings of the redaction node: which topic, who permits it, and the live stream's own."""

from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field

from privcv_core.audit.log import AuditSettings
from privcv_core.authorization.record_file import AuthorizationSettings
from privcv_core.settings.model import TRUST, Name, PathSetting
from privcv_core.settings.topic_name import check_topic_name
from privcv_images.bags.image_cdr import COMPRESSED, RAW
from privcv_images.live.settings import LiveSettings

TopicName = Annotated[str, AfterValidator(check_topic_name)]


class StreamSettings(LiveSettings):
    """Settings of a live stream of a site: its topics, and who permits that it is shown."""

    model_config = ConfigDict(json_schema_extra=TRUST)

    topic: TopicName = Field(
        description="topic of images, such as /front/image_raw; one that ends with /compressed "
        "holds CompressedImage"
    )
    camera_info: TopicName | None = Field(
        None, description="topic of its camera_info; default: beside the images"
    )
    authorization: AuthorizationSettings | None = Field(
        None,
        description="who permitted that images without people are shown: a record of the use "
        "'images'; without it the node is not started",
    )

    @property
    def image_type(self) -> str:
        """Type of the topic, as bags name it."""
        return COMPRESSED if self.topic.endswith("/compressed") else RAW

    @property
    def camera_info_topic(self) -> str:
        """Where its camera_info comes from, as image_transport has it."""
        if self.camera_info is not None:
            return self.camera_info
        base = self.topic.removesuffix("/compressed")
        return f"{base.rpartition('/')[0]}/camera_info" if "/" in base else "camera_info"


class RedactionNodeSettings(StreamSettings):
    """Parameters of the redaction node."""

    camera: Name = Field("camera", description="The name of the stream in the site file.")
    audit: AuditSettings | None = Field(None, description="Where this node's log is kept.")
    state: PathSetting | None = Field(None, description="State folder, where pauses stand.")


def output_topics(image_type: str) -> tuple[str, str]:
    """Names of the image topic without people and of its camera_info, within the stream's own."""
    image = "redacted/image_raw"
    return image if image_type == RAW else f"{image}/compressed", "redacted/camera_info"
