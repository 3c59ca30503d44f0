# SPDX-License-Identifier: Apache-2.0
"""The desk: waits for its button, signed messages and calls, and pauses the counting."""

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from privcv_compliance.errors import ComplianceError
from privcv_compliance.objection.broker import listen_at_broker
from privcv_compliance.objection.button import ButtonLost, opened_button, presses
from privcv_compliance.objection.pausing import pause_cameras
from privcv_compliance.objection.signed_request import RequestReader
from privcv_compliance.operator_log import operator_log
from privcv_compliance.site_file import SiteFile
from privcv_core.authorization.pause_note import By, Paused
from privcv_core.errors import PrivcvError
from privcv_core.files.graph_secret import graph_secret
from privcv_core.settings.time_zone import wall_clock
from privcv_site.desk import ButtonSettings

CHAIN = "desk"
"""Its chain of the audit log."""

AGAIN_S = 5.0
"""After so long a button that was lost is looked for again, s."""


class Desk:
    """Pauses the cameras of ``site``; ``tell`` gets a line for people of all that happens.

    A pause that fails is told and ends nothing: the next press is another chance.
    """

    def __init__(self, site: SiteFile, tell: Callable[[str], None]) -> None:
        self.site, self.tell = site, tell
        self._pausing = threading.Lock()  # one writes to the log at a time
        mqtt = site.site.desk.mqtt if site.site.desk else None
        self._requests = RequestReader(site.name, mqtt.trusted_keys) if mqtt else None

    def pause(self, cameras: Sequence[str], minutes: int, by: By) -> Sequence[Paused]:
        """Pause ``cameras``, all where none is named, and tell what came of it; nothing is given
        back where it failed."""
        try:
            with self._pausing:
                paused = pause_cameras(self.site, cameras, minutes, by, chain=CHAIN)
        except PrivcvError as error:
            self.tell(f"NOT paused, or not written down: {error}")
            return ()
        for one in paused:
            until = wall_clock(one.until, self.site.time_zone)
            self.tell(f"{one.camera}: nobody is counted for {one.minutes} min, until {until}")
        return paused

    def heard(self, message: bytes) -> None:
        """A message of the broker."""
        assert self._requests is not None
        try:
            request = self._requests.read(message)
        except ComplianceError as error:
            self.tell(str(error))
            return
        self.pause(request.cameras, request.minutes, "mqtt")

    def watch(self, button: ButtonSettings) -> None:
        """Wait for presses, one device after the other, for good."""
        while True:
            try:
                with opened_button(button.device) as descriptor:
                    self.tell(f"waits for {button.device}")
                    for _ in presses(descriptor, button.key):
                        self.pause((), button.minutes, "button")
                self.tell(f"{button.device}: has ended")
            except ButtonLost as error:
                self.tell(str(error))
            time.sleep(AGAIN_S)

    def refused(self, what: str) -> None:
        """A call on the graph that nobody of ours made: told, and in the audit log."""
        self.tell(what)
        try:
            with self._pausing, operator_log(self.site.audit, CHAIN) as log:
                log.append("fault", where=CHAIN, what=what)
        except PrivcvError as error:
            self.tell(f"not written down: {error}")

    def serve(self, ended: threading.Event) -> None:
        """Answer calls on the graph until ``ended``; without ROS 2 the rest of the desk goes on."""
        try:
            from privcv_compliance.graph.pause_service import serve_pauses
        except ImportError as error:
            self.tell(f"answers no calls on the graph: ROS 2 is not there ({error})")
            return
        pause = partial(self.pause, by="service")
        listens = partial(self.tell, "answers calls on the graph")
        said = ""
        while not ended.is_set():
            try:
                secret = graph_secret(self.site.site.graph_secret)
                serve_pauses(
                    secret, self.site.cameras, pause, self.refused, ended, listens,
                    self.site.site.namespace,
                )  # fmt: skip
            except PrivcvError as error:  # such as a secret that another process has yet to make
                if str(error) != said:
                    said = str(error)
                    self.tell(f"answers no calls on the graph: {said}")
                ended.wait(AGAIN_S)


def run_desk(site: SiteFile, tell: Callable[[str], None]) -> None:
    """Listen until the process is interrupted. Raises ``ComplianceError`` without a desk."""
    settings = site.site.desk
    if settings is None or not (settings.button or settings.mqtt or settings.service):
        raise ComplianceError(
            f"{site.path}: desk: name a button, mqtt or service, see 'privcv desk --help'"
        )
    desk = Desk(site, tell)
    ended = threading.Event()
    service = threading.Thread(target=desk.serve, args=(ended,))
    end = listen_at_broker(settings.mqtt, desk.heard, tell) if settings.mqtt else lambda: None
    try:
        if settings.service is not None:
            service.start()
        if settings.button is not None:
            desk.watch(settings.button)
        threading.Event().wait()
    finally:
        ended.set()
        end()
        if service.ident is not None:
            service.join()
