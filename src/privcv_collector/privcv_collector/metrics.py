# SPDX-License-Identifier: Apache-2.0
"""Figures for Prometheus. No label names a device, a site, a camera or a zone."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import Engine, func, select

from privcv_collector.storage.tables import devices, gaps


class Metrics:
    """Counters of this process, and what the database says of all devices."""

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.batches = Counter(
            "privcv_collector_batches",
            "Batches answered with success",
            ["outcome"],
            registry=self.registry,
        )
        self.releases = Counter(
            "privcv_collector_releases", "Releases stored", registry=self.registry
        )
        self.refused = Counter(
            "privcv_collector_refused", "Requests refused", ["error"], registry=self.registry
        )
        self.group = Histogram(
            "privcv_collector_group_jobs",
            "Batches and refusals in one commit",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200),
            registry=self.registry,
        )
        self.commit = Histogram(
            "privcv_collector_commit_seconds",
            "Time of one group commit",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
            registry=self.registry,
        )
        self.waiting = Gauge(
            "privcv_collector_waiting_jobs", "Jobs that wait to be stored", registry=self.registry
        )
        self._devices = Gauge(
            "privcv_collector_devices", "Devices enrolled", ["state"], registry=self.registry
        )
        self._certificate: Gauge | None = None  # without TLS there is none
        self._missing = Gauge(
            "privcv_collector_releases_passed_over",
            "Releases that never arrived in order, by whether their device said it gave them up",
            ["explained"],
            registry=self.registry,
        )

    def certificate_ends(self, moment: datetime) -> None:
        """Tell when the certificate that is shown to devices ends."""
        if self._certificate is None:
            self._certificate = Gauge(
                "privcv_collector_certificate_end_seconds",
                "When the certificate that devices are shown ends, since the epoch",
                registry=self.registry,
            )
        self._certificate.set(moment.timestamp())

    def text(self, engine: Engine, waiting: int) -> bytes:
        """The exposition in Prometheus' text format; ``waiting`` jobs are in the writer's queue."""
        self.waiting.set(waiting)
        with engine.connect() as connection:
            all_devices, revoked = connection.execute(
                select(func.count(), func.count(devices.c.revoked_at)).select_from(devices)
            ).one()
            missing, declared = connection.execute(
                select(
                    func.coalesce(func.sum(gaps.c.last_release - gaps.c.first_release + 1), 0),
                    func.coalesce(func.sum(gaps.c.declared), 0),
                )
            ).one()
        self._devices.labels("active").set(all_devices - revoked)
        self._devices.labels("revoked").set(revoked)
        self._missing.labels("yes").set(int(declared))
        self._missing.labels("no").set(int(missing) - int(declared))
        return generate_latest(self.registry)
