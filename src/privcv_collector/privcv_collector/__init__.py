# SPDX-License-Identifier: Apache-2.0
"""The reference collector: takes signed totals from devices, shows them to who may see them.

``create_app(settings)`` is the ASGI application, ``serve`` runs it, ``administration`` holds what
an administrator does: enrolment, access tokens, revocation.
"""

from privcv_collector.settings import CollectorSettings

__all__ = ["CollectorSettings"]
