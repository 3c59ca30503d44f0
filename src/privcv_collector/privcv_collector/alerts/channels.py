# SPDX-License-Identifier: Apache-2.0
"""Sends one message through one channel; what keeps it from arriving is a ``CollectorError``."""

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from functools import partial
from typing import Any

from privcv_collector.alerts.message import Message
from privcv_collector.alerts.settings import AlertBroker, AlertMail, AlertSettings
from privcv_collector.alerts.webhook import post
from privcv_collector.errors import CollectorError
from privcv_core.errors import PrivcvError
from privcv_core.files.secret_file import read_secret_text
from privcv_core.files.tls_files import load_authorities
from privcv_core.settings.model import PathSetting

TIMEOUT_S = 10.0
_REFUSED = 0x80  # reason codes of MQTT 5 from here on are refusals


@dataclass(frozen=True)
class Channel:
    """Who is told, and how; ``secret`` signs what a webhook gets."""

    kind: str
    target: Mapping[str, Any]
    secret: str


def send(settings: AlertSettings, channel: Channel, message: Message, unix_time: int) -> None:
    """Send, or raise ``CollectorError`` with words that hold no secret."""
    try:
        if channel.kind == "webhook":
            url = str(channel.target["url"])
            post(url, channel.secret, message.body, unix_time, _context(None))
        elif channel.kind == "mqtt":
            if settings.broker is None:
                raise CollectorError("no broker is set (alerts.broker)")
            _publish(settings.broker, str(channel.target["topic"]), message.body)
        else:
            if settings.mail is None:
                raise CollectorError("no mail server is set (alerts.mail)")
            _mail(settings.mail, list(channel.target["to"]), message)
    except CollectorError:
        raise
    except PrivcvError as error:  # of a file: its name is for who runs the collector
        raise CollectorError(f"{type(error).__name__}: see the collector's settings") from error


def _context(ca_file: PathSetting | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        load_authorities(context, ca_file)
    return context


def _publish(broker: AlertBroker, topic: str, body: bytes) -> None:
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    client = paho.Client(
        CallbackAPIVersion.VERSION2, protocol=paho.MQTTv5, reconnect_on_failure=False
    )
    client.tls_set_context(_context(broker.ca_file))
    client.connect_timeout = TIMEOUT_S
    if broker.username:
        file = broker.password_file
        client.username_pw_set(broker.username, read_secret_text(file).strip() if file else None)
    answered: list[int] = []
    client.on_publish = lambda *heard: answered.append(heard[3].value)
    client.on_connect = partial(_publish_once, f"{broker.topic}/{topic}", body)
    try:
        client.connect(broker.host, broker.port)
        _until_answered(client, answered)
    except (OSError, ValueError) as error:
        raise CollectorError(f"the broker: {type(error).__name__}") from error
    finally:
        client.disconnect()
    if not answered:
        raise CollectorError("the broker does not answer, or refuses us")
    if answered[0] >= _REFUSED:
        raise CollectorError(f"the broker refuses the topic ({answered[0]:#x})")


def _publish_once(
    topic: str, body: bytes, client: Any, _data: Any, _flags: Any, code: Any, _properties: Any
) -> None:
    if code.is_failure:
        client.disconnect()
    else:
        client.publish(topic, body, qos=1)


def _until_answered(client: Any, answered: list[int]) -> None:
    """Let the client work on this thread until the broker answered, refused, or took too long."""
    for _ in range(int(TIMEOUT_S / 0.1)):
        if answered or client.loop(timeout=0.1):
            return


def _mail(mail: AlertMail, to: list[str], message: Message) -> None:
    letter = EmailMessage()  # it refuses line ends in its headers
    letter["From"], letter["To"], letter["Subject"] = mail.sender, ", ".join(to), message.subject
    letter["Message-ID"] = f"<privcv-alert-{message.id}@{mail.host}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text)
    context = _context(mail.ca_file)
    try:
        if mail.tls == "implicit":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.host, mail.port, timeout=TIMEOUT_S, context=context
            )
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_S)
        with server:
            if mail.tls == "starttls":
                server.starttls(context=context)  # raises where the server knows none
            if mail.username and mail.password_file:
                server.login(mail.username, read_secret_text(mail.password_file).strip())
            server.send_message(letter)
    except smtplib.SMTPException as error:
        raise CollectorError(f"the mail server: {type(error).__name__}") from error
    except OSError as error:
        raise CollectorError(f"the mail server: {type(error).__name__}") from error
