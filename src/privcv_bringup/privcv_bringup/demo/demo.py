# SPDX-License-Identifier: Apache-2.0
"""The demo: a site, a collector with real TLS beside it, the graph, and a report at the end."""

import asyncio
import json
import signal
import ssl
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from privcv_bringup.demo.folder import TOKEN_FILE, database_of, empty_folder
from privcv_bringup.report.subject import Outcome
from privcv_bringup.run.logs import LogPrinter, runtime_folder
from privcv_bringup.run.monitor import Monitor, Seen, first_fault, is_complete
from privcv_bringup.run.signals import stopping_on_signals
from privcv_bringup.run.supervisor import Supervisor
from privcv_collector.devices.administration import issue_access_token, issue_enrolment_token
from privcv_collector.testing import running_collector
from privcv_core.files.atomic_file import write_new
from privcv_core.masking import mask_address
from privcv_core.protocol.demo_certificates import demo_certificates
from privcv_site.graph import build_graph
from privcv_site.preflight import prepare_state
from privcv_site.site import Site, write_site
from privcv_uplink.delivery import device_keys
from privcv_uplink.settings import UplinkSettings

SETTLE_S = 2.0  # after the last release is delivered: nothing more may come
ENDING_WITHIN_S = 60.0
FAULT_AFTER_S = 15.0


def run_demo(
    site: Site,
    folder: Path,
    duration_s: float | None,
    show: Callable[[Seen], None],
    log: Path,
) -> Outcome:
    """Run ``site`` with a local collector until its files have ended, or for ``duration_s``.

    ``show`` is called ten times a second with what was heard. Everything is kept below ``folder``.
    """
    folder = folder.resolve()  # the site file that is left there holds absolute paths
    empty_folder(folder)
    certificates = demo_certificates(folder / "certificates")
    database = database_of(folder)
    token_file = folder / "enrolment-token"
    key_file = folder / "uplink-key.json"
    device_keys.new(key_file)
    tls = (certificates.certificate, certificates.key)
    with running_collector(database, tls=tls) as collector:
        write_new(token_file, issue_enrolment_token(database, site.site), mode=0o600)
        uplink = UplinkSettings(
            url=collector.url.replace("127.0.0.1", "localhost"),
            pins=list(certificates.pins),
            ca_file=certificates.ca_file,
            key_file=key_file,
            enrolment_token_file=token_file,
            outbox={"file": folder / "state" / "outbox.db"},
            retry={"first_s": 0.2},
        )
        running = site.model_copy(update={"uplink": uplink, "state": folder / "state"})
        prepare_state(running)
        write_site(_without_secrets(running), folder / "site.yaml")
        status, fault, stopped_by = asyncio.run(_run(running, duration_s, show, log))
        if stopped_by is not None:
            signal.raise_signal(stopped_by)  # the graph has stopped, and now the command does
        reader = issue_access_token(database, "demo", "auditor")
        write_new(folder / TOKEN_FILE, reader, mode=0o600)
        context = ssl.create_default_context(cafile=str(certificates.ca_file))
        totals = _read(collector.url, "totals", reader, context)
        dwell = _read(collector.url, "dwell", reader, context)
    return Outcome(totals, dwell, status, fault)


def _without_secrets(site: Site) -> dict[str, Any]:
    """The site as it is left behind: enough for 'privcv budget' and 'dsr', but no address of a
    camera that may hold a password."""
    content: dict[str, Any] = site.model_dump(mode="json", exclude_none=True)
    for camera in content["cameras"].values():
        if camera["source"]["kind"] == "rtsp":
            camera["source"]["uri"] = mask_address(camera["source"]["uri"])
    return content


async def _run(
    site: Site, duration_s: float | None, show: Callable[[Seen], None], log: Path
) -> tuple[int, str, int | None]:
    """The worst status of a process, what ended it early, and the signal that did."""
    processes = build_graph(site)
    stopping = asyncio.Event()
    with (
        stopping_on_signals(stopping.set) as interruption,
        runtime_folder() as folder,
        LogPrinter([p.name for p in processes], log, quiet=True) as printer,
        Monitor(site.graph_secret, namespace=site.namespace) as seen,
    ):
        supervisor = Supervisor(processes, folder, printer.say)
        running = asyncio.create_task(supervisor.run())
        fault = ""
        try:
            fault = await _watch(site, seen, duration_s, show, running, stopping)
        finally:
            supervisor.stop()
            status = await running
            show(seen)
        return status, fault, interruption.number


async def _watch(
    site: Site,
    seen: Seen,
    duration_s: float | None,
    show: Callable[[Seen], None],
    running: "asyncio.Task[int]",
    stopping: asyncio.Event,
) -> str:
    started_s = time.monotonic()
    faulty_since_s: float | None = None
    settled_s: float | None = None
    while not running.done() and not stopping.is_set():
        show(seen)
        await asyncio.sleep(0.1)
        now_s = time.monotonic()
        if duration_s is not None and now_s - started_s > duration_s:
            return first_fault(seen)
        fault = first_fault(seen)
        faulty_since_s = (faulty_since_s or now_s) if fault else None
        if faulty_since_s is not None and now_s - faulty_since_s > FAULT_AFTER_S:
            return fault
        settled_s = (settled_s or now_s) if is_complete(site, seen) else None
        if settled_s is not None and now_s - settled_s > SETTLE_S:
            return ""
    return "" if stopping.is_set() else "every process has ended; see the log"


def _read(url: str, what: str, token: str, context: ssl.SSLContext) -> list[dict[str, Any]]:
    """All rows of a collection of the collector's API, page by page, as the messages spell them."""
    rows: list[dict[str, Any]] = []
    after = ""
    while True:
        address = f"{url}/v1/{what}" + (f"?after={after}" if after else "")
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})  # noqa: S310
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:  # noqa: S310
            page: Mapping[str, Any] = json.load(answer)
        rows += page[what]
        if not page["next"]:
            return rows
        after = str(page["next"])
