# SPDX-License-Identifier: Apache-2.0
"""Errors of aiohttp, TLS and sockets, as one ``TransportError`` in words for a person."""

import errno
import os
import socket
import ssl

import aiohttp

from privcv_uplink.transports.pinning import UNKNOWN_ISSUER, PinMismatch
from privcv_uplink.transports.transport import TransportError


def in_words(error: Exception) -> TransportError:
    """What went wrong on the way; ``blocked`` where a certificate or pin is wrong."""
    cause = getattr(error, "certificate_error", error)
    if isinstance(cause, PinMismatch):
        return TransportError("the server's public key is not a pinned one", blocked=True)
    if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_code in UNKNOWN_ISSUER:
        words = "certificate refused: its chain is incomplete, or ca_file wrong"
        return TransportError(words, blocked=True)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return TransportError(f"certificate refused: {cause.verify_message}", blocked=True)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return TransportError(f"the proxy refused: {error.status}")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return TransportError("the host name cannot be resolved")
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        reason = getattr(error.os_error, "reason", None) or "handshake failed"
        return TransportError(f"TLS: {str(reason).replace('_', ' ').lower()}")
    if isinstance(error, aiohttp.ClientConnectorError):
        return TransportError(f"cannot connect: {os.strerror(error.os_error.errno or errno.EIO)}")
    if isinstance(error, ssl.SSLError):
        return TransportError(f"TLS: {str(error.reason or error).replace('_', ' ').lower()}")
    if isinstance(error, socket.gaierror):
        return TransportError("the host name cannot be resolved")
    if isinstance(error, ConnectionRefusedError):
        return TransportError(f"cannot connect: {os.strerror(errno.ECONNREFUSED)}")
    if isinstance(error, (aiohttp.ServerDisconnectedError, ConnectionError)):
        return TransportError("the connection was closed")
    return TransportError(f"the exchange failed: {type(error).__name__}")
