# SPDX-License-Identifier: Apache-2.0
"""A real Mosquitto for tests, and a subscriber to all of its topics."""

import shutil
import signal
import socket
import ssl
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from privcv_core.protocol.demo_certificates import DemoCertificates, demo_certificates

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")

ACCESS = (
    "user device\ntopic write privcv/#\ntopic write homeassistant/#\nuser reader\ntopic read #\n"
)
"""Its access list, unless a test writes another."""


CLOSED = "user reader\ntopic readwrite #\n"
"""One by which devices may write nothing, and the reader may."""


class Broker:
    """A Mosquitto with TLS 1.3, names, passwords and an access list."""

    def __init__(self, folder: Path) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = free.getsockname()[1]
        self.tls: DemoCertificates = demo_certificates(folder / "tls")
        self._config = folder / "mosquitto.conf"
        self._passwords = passwords = folder / "passwords"
        passwords.touch()
        for name in ("device", "reader"):
            self.give(name, "secret")
        access = folder / "access"
        access.write_text(ACCESS)
        passwords.chmod(0o600)
        access.chmod(0o600)
        self._access, self._log = access, folder / "mosquitto.log"
        self._fixed = (
            f"user root\nlistener {self.port} 127.0.0.1\nallow_anonymous false\n"
            f"certfile {self.tls.certificate}\nkeyfile {self.tls.key}\ntls_version tlsv1.3\n"
            f"password_file {passwords}\nacl_file {access}\nlog_dest file {self._log}\n"
        )
        self.start()

    def give(self, name: str, password: str) -> None:
        """Have a name with this password from the next start on."""
        program = Path(str(MOSQUITTO)).parents[1] / "bin/mosquitto_passwd"
        subprocess.run([program, "-b", self._passwords, name, password], check=True)

    def start(self, *settings: str) -> None:
        """Start it without a memory of what it kept before; ``settings`` are lines of its file."""
        starts = self.log.count(" running")
        self._config.write_text(self._fixed + "".join(f"{line}\n" for line in settings))
        self._process = subprocess.Popen(
            [str(MOSQUITTO), "-c", self._config], stderr=subprocess.DEVNULL
        )
        for _ in range(1000):
            if self.log.count(" running") > starts:  # listens, and takes signals
                return
            time.sleep(0.02)
        raise AssertionError("mosquitto does not start")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def allow(self, access: str) -> None:
        """Another access list, from now on."""
        self._access.write_text(access)
        self._process.send_signal(signal.SIGHUP)

    @property
    def log(self) -> str:
        """What it wrote into its log."""
        return self._log.read_text() if self._log.exists() else ""

    def settings(self, folder: Path, **mqtt: Any) -> dict[str, Any]:
        """Settings of an uplink that delivers here as 'device'."""
        password = folder / "password"
        password.touch(0o600)
        password.write_text("secret\n")
        return {
            "url": f"mqtts://localhost:{self.port}",
            "pins": list(self.tls.pins),
            "ca_file": self.tls.ca_file,
            "mqtt": {"username": "device", "password_file": password, **mqtt},
        }


class Reader:
    """A subscriber to all topics, such as a building platform."""

    def __init__(self, broker: Broker, again_s: float = 1.0) -> None:
        """``again_s``: wait after a lost connection."""
        self.messages: list[tuple[str, bytes, bool]] = []
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5)
        self._client.reconnect_delay_set(again_s, 1)  # type: ignore[arg-type]
        self._client.tls_set_context(ssl.create_default_context(cafile=broker.tls.ca_file))
        self._client.username_pw_set("reader", "secret")
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        subscribed: list[bool] = []
        self._client.on_subscribe = lambda *_: subscribed.append(True)
        self._client.on_message = lambda client, data, message: self.messages.append(
            (message.topic, bytes(message.payload), message.retain)
        )
        self._client.connect("localhost", broker.port)
        self._client.loop_start()
        while not subscribed:
            time.sleep(0.01)

    def payloads(self, ending: str) -> list[bytes]:
        return [payload for topic, payload, _ in self.messages if topic.endswith(ending)]

    def read_all(self, broker: Broker) -> None:
        """Let devices write nothing more, and return once all that they wrote has been read.

        What a subscriber has not read yet, a broker without a memory loses when it ends.
        """
        broker.allow(CLOSED)
        mark = f"read/{len(self.messages)}"
        for _ in range(3000):
            self._client.publish(mark, b"", qos=1)  # refused until the access list was read
            time.sleep(0.02)
            if any(topic == mark for topic, *_ in self.messages[-200:]):
                return
        raise AssertionError("mosquitto hands nothing on")

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
