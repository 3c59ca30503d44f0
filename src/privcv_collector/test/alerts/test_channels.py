# SPDX-License-Identifier: Apache-2.0
"""Alerts by mail and over MQTT: over TLS to who was meant, plain text whatever a title holds."""

import email
import email.policy
import json
import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from alert_broker import alert_settings_of
from mosquitto_broker import MOSQUITTO, Broker, Reader
from waiting import wait_until

from privcv_collector.alerts.channels import Channel, send
from privcv_collector.alerts.message import message_of
from privcv_collector.alerts.settings import AlertMail, AlertSettings
from privcv_collector.errors import CollectorError
from privcv_core.protocol.demo_certificates import demo_certificates

AT = datetime(2026, 3, 1, 8, tzinfo=timezone.utc)
HOSTILE = '=cmd|"/C calc"!A0 <img src=x onerror=alert(1)> {{7*7}} `id`'


def message(title="", kind="over", change="fired"):
    rule = SimpleNamespace(
        pk=7, camera="lobby", place="left", statistic="presence", kind=kind, certainty="surely",
        threshold=30.0, title=title, wait_s=900,
    )  # fmt: skip
    event = SimpleNamespace(number=3, at=AT, change=change, start=AT, length_s=300, low=31, high=44)
    return message_of(rule, event, "office")


@contextmanager
def mail_server(tmp_path, implicit=True, knows_tls=True):
    """One that takes a mail over TLS; what it was told, line by line."""
    heard, tls = [], demo_certificates(tmp_path / "tls")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(connection):
        secured = implicit
        if implicit:
            connection = context.wrap_socket(connection, server_side=True)
        connection.sendall(b"220 mail\r\n")
        lines, in_data = connection.makefile("rb"), False
        while line := lines.readline():
            text = line.decode().rstrip("\r\n")
            heard.append((secured, text))
            if in_data:
                in_data = text != "."
                if not in_data:
                    connection.sendall(b"250 taken\r\n")
            elif text.upper().startswith("EHLO"):
                offers = b"250-STARTTLS\r\n" if knows_tls and not secured else b""
                connection.sendall(b"250-mail\r\n" + offers + b"250 AUTH PLAIN\r\n")
            elif text.upper() == "STARTTLS":
                connection.sendall(b"220 go on\r\n")
                connection = context.wrap_socket(connection, server_side=True)
                lines, secured = connection.makefile("rb"), True
            elif text.startswith("AUTH"):
                connection.sendall(b"235 welcome\r\n")
            elif text.upper() == "DATA":
                in_data = True
                connection.sendall(b"354 say it\r\n")
            elif text.upper() == "QUIT":
                connection.sendall(b"221 bye\r\n")
                return
            else:
                connection.sendall(b"250 fine\r\n")

    def serve():
        connection, _ = listener.accept()
        with connection:
            try:
                talk(connection)
            except OSError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], tls.ca_file, heard
    finally:
        listener.close()
        thread.join(20)


def mail(port, ca_file, tmp_path, **changes):
    password = tmp_path / "password"
    password.touch(0o600)
    password.write_text("secret\n")
    settings = {
        "host": "localhost", "port": port, "sender": "privcv@example.org", "ca_file": ca_file,
        "username": "privcv", "password_file": password, **changes,
    }  # fmt: skip
    return AlertSettings(mail=AlertMail(**settings))


TO_DESK = Channel("email", {"to": ["desk@example.org", "night@example.org"]}, "")


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_mail_goes_over_tls_only(tmp_path, tls):
    with mail_server(tmp_path, implicit=tls == "implicit") as (port, ca_file, heard):
        send(mail(port, ca_file, tmp_path, tls=tls), TO_DESK, message(HOSTILE), 1)
    verbs = {line.upper().split()[0] for secured, line in heard if not secured}
    assert verbs <= {"EHLO", "STARTTLS"}
    said = [line for _, line in heard]
    assert [line for line in said if line.startswith("rcpt")] == [
        "rcpt TO:<desk@example.org>", "rcpt TO:<night@example.org>",
    ]  # fmt: skip
    begin = next(place for place, line in enumerate(said) if line.upper() == "DATA") + 1
    raw = "\n".join(said[begin : said.index(".", begin)])
    letter = email.message_from_string(raw, policy=email.policy.default)
    assert letter["Subject"] == "privcv: office left: fired"
    assert letter.get_content_type() == "text/plain"
    assert f"title: {HOSTILE}" in letter.get_content()
    assert "Surely over 30 people (between 31 and 44)." in letter.get_content()


def test_a_server_that_knows_no_tls_gets_no_mail(tmp_path):
    with (
        mail_server(tmp_path, implicit=False, knows_tls=False) as (port, ca_file, heard),
        pytest.raises(CollectorError, match="mail server"),
    ):
        send(mail(port, ca_file, tmp_path, tls="starttls"), TO_DESK, message(), 1)
    assert not [line for _, line in heard if "AUTH" in line or "rcpt" in line]


def test_a_stranger_with_another_certificate_gets_no_mail(tmp_path):
    with (
        mail_server(tmp_path) as (port, _, heard),
        pytest.raises(CollectorError, match="mail server"),
    ):
        send(mail(port, None, tmp_path), TO_DESK, message(), 1)
    assert heard == []


def test_where_nothing_is_set_it_is_said_and_tells_no_secret():
    for channel in (TO_DESK, Channel("mqtt", {"topic": "desk"}, "")):
        with pytest.raises(CollectorError, match="is set"):
            send(AlertSettings(), channel, message(), 1)


@pytest.mark.skipif(MOSQUITTO is None, reason="no Mosquitto is installed")
def test_a_broker_gets_it_once_it_lets_us(tmp_path):
    broker = Broker(tmp_path)
    settings = alert_settings_of(broker, tmp_path)
    reader = Reader(broker)
    try:
        send(settings, Channel("mqtt", {"topic": "desk"}, ""), message(HOSTILE), 1)
        wait_until(lambda: reader.payloads("alerts/desk"))
        (payload,) = reader.payloads("alerts/desk")
        told = json.loads(payload)
        assert (told["id"], told["event"], told["title"]) == ("7-3", "fired", HOSTILE)
        wrong = settings.broker.model_copy(update={"topic": "other"})
        with pytest.raises(CollectorError, match="refuses the topic"):
            send(AlertSettings(broker=wrong), Channel("mqtt", {"topic": "desk"}, ""), message(), 1)
        stranger = settings.broker.model_copy(update={"username": "nobody"})
        with pytest.raises(CollectorError, match="refuses us"):
            send(
                AlertSettings(broker=stranger), Channel("mqtt", {"topic": "desk"}, ""), message(), 1
            )
    finally:
        reader.close()
        broker.kill()


def test_words_are_those_of_the_rule():
    assert message(kind="no_data").text.startswith("Nothing was observed for 900 s.")
    assert message(change="cleared").text.startswith("The alarm is over.")
    assert json.loads(message(kind="no_data").body)["threshold"] is None
