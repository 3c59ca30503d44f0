# SPDX-License-Identifier: Apache-2.0
"""How documents refer to evidence: a setting, an entry of the audit log, a search, a scan."""

from datetime import datetime

from privcv_compliance.documents.document import Evidence
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.state_scan import Scan
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import Entry


def setting(site: SiteFile, key: str) -> Evidence:
    """A key of the site file as evidence; a key that is not there has its default."""
    return Evidence("setting", f"{site.path} (sha256 {site.digest}): {key}")


def reference(entry: Entry) -> Evidence:
    """An entry of the audit log as evidence."""
    return Evidence("entry", entry.reference)


def query(facts: AuditFacts, event: str) -> Evidence:
    """The search for entries of ``event`` as evidence, also where it finds none."""
    return Evidence("command", f"privcv audit log show --folder {facts.folder} --event {event}")


def scan_evidence(scan: Scan, now: datetime) -> Evidence:
    """A scan of files as evidence: which folders were looked at, and when."""
    folders = ", ".join(str(folder) for folder in scan.folders)
    return Evidence("scan", f"every file under {folders} at {now:%Y-%m-%dT%H:%M:%SZ}")
