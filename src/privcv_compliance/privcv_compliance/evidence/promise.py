# SPDX-License-Identifier: Apache-2.0
"""The privacy promise (differential privacy) of a site in words, from its settings alone."""

import math

from privcv_compliance.documents.document import Statement, state
from privcv_compliance.evidence.references import setting
from privcv_compliance.languages.phrase import Phrase, say
from privcv_compliance.site_file import CameraFile, SiteFile
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.settings import PrivacySettings


def unit(privacy: PrivacySettings) -> Phrase:
    """What epsilon protects, in words: ``visit``, ``person window`` or ``event``."""
    return say(privacy.unit.replace("_", " "))


def bound(privacy: PrivacySettings) -> Phrase:
    """By how much one unit can change the chance of what is reported (pure or with delta)."""
    epsilon, delta = privacy.epsilon, privacy.counts_delta
    factor = say(
        "a factor of e^{epsilon:g} = {value:.3g}", epsilon=epsilon, value=math.exp(epsilon)
    )
    return say("{factor}, and by {delta:g} more", factor=factor, delta=delta) if delta else factor


def stay(site: SiteFile) -> list[Statement]:
    """What the bound is for a stay of several identities: only visits have more than one."""
    privacy = site.privacy
    if privacy.unit != "visit":
        return []
    return [
        state(
            "A stay under a camera is one visit for each identity (pseudonym) that it has: one "
            "more each time that identities are replaced and the stay goes on beyond the grace "
            "period, or that they are replaced on request. For k identities the factor is "
            "e^({epsilon:g} k).",
            setting(site, "privacy.epsilon"),
            setting(site, "privacy.unit"),
            epsilon=privacy.epsilon,
        )
    ]


def longest_absence_s(privacy: PrivacySettings) -> int:
    """Longest that the aggregation knows a visit that is over, after it was last seen, s.

    The tick in which it was last seen, those that miss it, and the one that ends it.
    """
    return (privacy.identity_absence_s // TICK_S + 2) * TICK_S


def longest_window_s(privacy: PrivacySettings) -> int:
    """The longest window that can be counted, s: adaptive ones are chosen from a list."""
    from privcv_privacy.settings import ADAPTIVE_WINDOWS_S

    return max(ADAPTIVE_WINDOWS_S) if privacy.adaptive else privacy.window_s


def identities(site: SiteFile, camera: CameraFile) -> list[Statement]:
    """When identities (pseudonyms) under a camera are replaced, and who is silent meanwhile."""
    settings = camera.anonymization.identities
    where = setting(site, f"cameras.{camera.name}.anonymization.identities")
    longest_s = max(settings.silence_s, settings.withhold_s)
    by_epoch = site.privacy.epoch_s > 0
    said = [
        state(
            "Camera '{camera}' replaces all identities and their secret at every multiple of "
            "{epoch} s, the dwell period, and withholds nobody: who can read its "
            "pseudonymous tracks, on the device, can tell which new identity follows which old "
            "one.",
            setting(site, "privacy.unit"),
            setting(site, "privacy.dwell_period_s"),
            warn=True,
            camera=camera.name,
            epoch=site.privacy.epoch_s,
        )
        if by_epoch
        else state(
            "Camera '{camera}' replaces the secret of its identities every "
            "{period:g} s. Who is there then keeps the old identity for at most "
            "{grace:g} s more; who stays longer is not told for "
            "{silence:g} to {longest:g} s and comes back under a new one.",
            where,
            camera=camera.name,
            period=settings.period_s,
            grace=settings.grace_s,
            silence=settings.silence_s,
            longest=longest_s,
        ),
        state(
            "When its identities are replaced on request, camera '{camera}' tells nothing "
            "for {silence:g} s, and forgets every old identity at once.",
            where,
            camera=camera.name,
            silence=settings.silence_s,
        ),
    ]
    if settings.swap_when_close and not by_epoch:
        said.append(
            state(
                "Under camera '{camera}' people who come close to each other take new "
                "identities together: one visit then changes what is told of another, and the "
                "bound above holds only with a multiple of its exponent.",
                where,
                warn=True,
                camera=camera.name,
            )
        )
    if settings.unsafe_test_secret:
        what = "Camera '{camera}' uses a test secret: its identities can be foretold."
        said.append(state(what, where, warn=True, camera=camera.name))
    return said
