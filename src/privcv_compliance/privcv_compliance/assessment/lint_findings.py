# SPDX-License-Identifier: Apache-2.0
"""What the lint says of the signed records, in the assessment."""

from collections.abc import Iterator

from privcv_compliance.authorization_lint.lint import Finding, lint
from privcv_compliance.documents.document import Evidence, Statement, state
from privcv_compliance.evidence.authorizations import record_evidence, record_of
from privcv_compliance.site_file import CameraFile, SiteFile


def of_records(site: SiteFile) -> Iterator[Statement]:
    """A sentence for each warning, and for each refusal that its signer gave a reason against."""
    for camera, finding in _found(site):
        if finding.refuses:
            continue
        evidence = (record_evidence(camera), Evidence("law", finding.law))
        if finding.reason:
            yield state(
                "Of the record of camera '{camera}' ({field}): {what}. Its signer says: {reason}",
                *evidence,
                warn=True,
                camera=camera.name,
                field=finding.field,
                what=finding.what,
                reason=finding.reason,
            )
        else:
            yield state(
                "Of the record of camera '{camera}' ({field}): {what}.",
                *evidence,
                warn=True,
                camera=camera.name,
                field=finding.field,
                what=finding.what,
            )


def refused_records(site: SiteFile) -> Iterator[Statement]:
    """A sentence for each refusal without a reason: such a record should not have been signed."""
    for camera, finding in _found(site):
        if finding.refuses:
            yield state(
                "The record of camera '{camera}' would not be signed today ({field}): {what}.",
                record_evidence(camera),
                Evidence("law", finding.law),
                warn=True,
                camera=camera.name,
                field=finding.field,
                what=finding.what,
            )


def _found(site: SiteFile) -> Iterator[tuple[CameraFile, Finding]]:
    for camera in site.cameras.values():
        record = record_of(camera)
        if record is not None:
            yield from ((camera, finding) for finding in lint(record, camera))
