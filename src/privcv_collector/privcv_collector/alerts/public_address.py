# SPDX-License-Identifier: Apache-2.0
"""Addresses that a webhook may reach: those of the internet, and none of the networks around us.

What was resolved and found public is what is connected to, so that a name which leads elsewhere a
moment later (DNS rebinding) leads nowhere.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from privcv_collector.errors import CollectorError

LONGEST = 512
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_url(url: str) -> str:
    """``url`` where a webhook may have it; raises ``CollectorError`` in words without the URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise CollectorError("url: is no address: write https://HOST[:PORT]/PATH") from None
    if parts.scheme != "https" or not parts.hostname or port == 0 or len(url) > LONGEST:
        raise CollectorError("url: must be https://HOST[:PORT]/PATH, of at most 512 characters")
    if parts.username or parts.password or parts.fragment or not url.isascii() or " " in url:
        raise CollectorError("url: must hold neither a user, a fragment, nor other than ASCII")
    literal = _literal(parts.hostname)
    if literal is not None and not is_public(literal):
        raise CollectorError("url: leads to a private, loopback or link-local address")
    return url


def public_addresses(host: str, port: int) -> list[str]:
    """The addresses of ``host``, all of them public.

    Raises ``CollectorError`` where one is not, or none is known.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise CollectorError("its name cannot be resolved") from error
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not addresses:
        raise CollectorError("its name cannot be resolved")
    for text in addresses:
        if not is_public(ipaddress.ip_address(text.partition("%")[0])):
            raise CollectorError("its name leads to a private, loopback or link-local address")
    return addresses


def is_public(address: Address) -> bool:
    """Whether anybody on the internet may be at ``address``, also through what wraps IPv4."""
    if isinstance(address, ipaddress.IPv6Address):
        wrapped = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if address.teredo is not None or int(address) >> 32 == 0:
            return False
        if wrapped is not None:
            return is_public(wrapped)
        if address.is_site_local:
            return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_unspecified
    )


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
