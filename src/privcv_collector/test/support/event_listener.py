# SPDX-License-Identifier: Apache-2.0
"""A reader that listens to the events of a collector."""

import http.client
import json
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit


class Listener:
    """An open stream of ``/v1/events``; ``with`` closes it."""

    def __init__(self, url: str, token: str, last: str | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        if last is not None:
            headers["Last-Event-ID"] = last
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        self._connection.request("GET", "/v1/events", headers=headers)
        self._answer = self._connection.getresponse()
        self.status, self.headers = self._answer.status, self._answer.headers
        self.content: Any = json.loads(self._answer.read()) if self.status != 200 else None
        self.heard = ""

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self._answer.close()
        self._connection.close()

    def next(self) -> SimpleNamespace | None:
        """The next event or comment: ``event``, ``id``, ``data``, ``comment``; None at the end."""
        fields: dict[str, str] = {}
        while True:
            line = self._answer.readline().decode()
            self.heard += line
            if not line:
                return None
            if line == "\n":
                if set(fields) != {"retry"}:
                    break
                fields = {}
                continue
            name, _, value = line.rstrip("\n").partition(": ")
            fields[name or "comment"] = value
        return SimpleNamespace(
            event=fields.get("event"),
            id=fields.get("id"),
            data=json.loads(fields.get("data", "null")),
            comment="comment" in fields or "" in fields,
        )
