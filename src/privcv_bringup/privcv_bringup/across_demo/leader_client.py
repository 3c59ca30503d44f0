# SPDX-License-Identifier: Apache-2.0
"""What is asked of the leader's collector over TLS: totals by a reader, proofs by devices."""

import contextlib
import http.client
import json
import ssl
from datetime import datetime, timezone
from typing import Any

from privcv_across.task.signed_task import SignedTask
from privcv_across.totals.counted import CountedAnswer
from privcv_across.transparency.policy import Policy
from privcv_bringup.across_demo.device import Device
from privcv_bringup.across_demo.parties import Party
from privcv_collector.devices.administration import issue_access_token
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.demo_certificates import DemoCertificates
from privcv_core.protocol.envelope import seal


class LeaderClient:
    """Asks the collector of ``leader``."""

    def __init__(self, leader: Party, tls: DemoCertificates) -> None:
        self._port = leader.port
        self._bearer = issue_access_token(leader.database, "demo", "auditor")
        self._context = ssl.create_default_context(cafile=str(tls.ca_file))

    def get(self, path: str) -> Any:
        """The answer to who may see every site."""
        return self._call("GET", path, b"", {"Authorization": f"Bearer {self._bearer}"})

    def count_proved(self, device: Device, task: SignedTask, policy: Policy) -> int | None:
        """In how many windows this device's report was counted, by proofs that it verified.

        ``None`` while the log does not state all of the closes; raises ``LogError`` for an answer
        that proves something else.
        """
        proved = 0
        for time, report_id in device.reports:
            task_id = task.task.task_id
            asked = {"task": task_id.hex(), "time": time, "report_id": report_id.hex()}
            keys = device.keys()
            now = datetime.now(timezone.utc)
            body = seal(keys.newest, keys.device, 0, now, canonical({"proof": asked}))
            answer = CountedAnswer.read(self._call("POST", "v1/across/proofs", body, {}))
            if answer.log_proof is None:
                return None
            if answer.index is not None:
                answer.check(task_id, time, report_id, policy)
                proved += 1
        return proved

    def _call(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Any:
        connection = http.client.HTTPSConnection(
            "localhost", self._port, timeout=30, context=self._context
        )
        with contextlib.closing(connection):
            connection.request(method, f"/{path}", body, headers)
            return json.loads(connection.getresponse().read())
