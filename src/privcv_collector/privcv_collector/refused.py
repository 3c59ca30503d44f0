# SPDX-License-Identifier: Apache-2.0
"""Refusals: what a request that is not granted becomes, for its sender and for auditors."""

from typing import Any


class Refused(Exception):
    """A request that is not granted: becomes a 4xx or 503 answer, and a row of ``refusals``."""

    def __init__(
        self,
        status: int,
        error: str,
        message: str,
        *,
        device: str | None = None,
        headers: dict[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.message = message
        self.device = device
        self.headers = headers or {}
        self.extra = extra

    def content(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"error": self.error, "message": self.message, **self.extra}


def busy(message: str) -> Refused:
    """An answer that asks to try again."""
    return Refused(503, "busy", message, headers={"Retry-After": "1"})


def unauthorized(message: str) -> Refused:
    """The answer to who shows no access token, or none that is valid (RFC 6750)."""
    return Refused(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})


class Replaced(Refused):
    """The database is not the one that was cached: whoever asked shall ask again."""

    def __init__(self, device: str) -> None:
        super().__init__(
            503,
            "busy",
            "the database was replaced under this collector; try again",
            device=device,
            headers={"Retry-After": "1"},
        )


def no_such_site() -> Refused:
    """The answer to a site that is not there, or not for who asks: both look alike."""
    return Refused(404, "not_found", "there is no such site")


def unknown_device(device: str) -> Refused:
    """The answer to a device that never enrolled."""
    return Refused(401, "unknown_device", "this device is not enrolled here", device=device)


def revoked(device: str) -> Refused:
    """The answer to a device that an administrator revoked."""
    return Refused(401, "revoked", "this device was revoked", device=device)


def unknown_key(device: str) -> Refused:
    """The answer to a key that was never handed over, or is past its overlap."""
    return Refused(401, "unknown_key", "this device has no such key, or it expired", device=device)


def weak_key(device: str, words: str) -> Refused:
    """The answer to a stored key that others than its owner can sign for."""
    return Refused(401, "weak_key", f"{words}, and enrol the device anew", device=device)


def bad_signature(device: str) -> Refused:
    """The answer to bytes that the key did not sign."""
    return Refused(401, "bad_signature", "the signature does not fit the bytes", device=device)
