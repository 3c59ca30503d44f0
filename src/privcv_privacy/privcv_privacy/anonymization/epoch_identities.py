# SPDX-License-Identifier: Apache-2.0
"""Epoch identities: which id a person has where epsilon protects less than a visit.

For the units ``person_window`` and ``event`` nothing that a person did in another window may decide
which id they have now, or whether they are told. So an id is a keyed hash of the tracker's number
and of the epoch, and of nothing else: no grace, no withholding, nobody is forgotten. Epochs are the
dwell periods: public, fixed in event time, and no window crosses the end of one.

The price is paid on the device: ids last for a whole epoch, and whoever reads the pseudonymous
tracks re-links people from one epoch to the next as easily as with a secret that is replaced and
nothing else (docs/benchmarks/identities.md, *naive*).
"""

import struct
from collections.abc import Mapping

from privcv_core.protocol.timestamps import ns_from_s
from privcv_privacy.anonymization.identities import RotationCounts, Shown, Sighting
from privcv_privacy.anonymization.identity_settings import IdentitySettings
from privcv_privacy.anonymization.rotation import Phase
from privcv_privacy.anonymization.secret import Secret


class EpochIdentities:
    """The identities under one camera, by epoch; call ``step`` once per tick, in order of time.

    Of ``settings`` only ``silence_s`` counts.
    """

    def __init__(self, settings: IdentitySettings, secret: Secret) -> None:
        self.counts = RotationCounts()
        self.phase = Phase.STEADY
        self._silence_ns = ns_from_s(settings.silence_s)
        self._secret = secret
        self._epoch: int | None = None
        self._forced = False
        self._dark_since_ns = 0

    def rotate_now(self) -> None:
        """Replace the secret and so every id now; the camera falls silent at once, for a while."""
        self._forced = True
        self.counts.forced += 1
        self._renew()

    def wipe(self) -> None:
        """Forget the secret: there is nothing else."""
        self._secret.wipe()

    def step(self, now_ns: int, seen: Mapping[int, Sighting], epoch: int) -> Shown:
        """Advance to the tick at ``now_ns`` (ns of steady time) with the people ``seen`` in it.

        ``seen``: by the tracker's number; ``epoch``: which one the tick is in, by event time.
        """
        if self._epoch is not None and epoch != self._epoch:
            self._renew()
        self._epoch = epoch
        if self._forced:
            self._forced = False
            self.phase, self._dark_since_ns = Phase.DARK, now_ns
        if now_ns - self._dark_since_ns >= self._silence_ns:
            self.phase = Phase.STEADY
        if self.phase is Phase.DARK:
            return Shown({}, dark=True)
        return Shown({number: self._id(number, epoch) for number in seen}, dark=False)

    def _renew(self) -> None:
        self._secret.renew()
        self.counts.rotations += 1

    def _id(self, number: int, epoch: int) -> int:
        return self._secret.hash64(b"identity", struct.pack(">QQ", number, epoch))
