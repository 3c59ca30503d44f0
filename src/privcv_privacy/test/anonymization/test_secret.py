# SPDX-License-Identifier: Apache-2.0
"""A secret shows itself to nobody, cannot be copied, and is overwritten by the next."""

import copy
import pickle

import pytest

from privcv_privacy.anonymization.secret import Secret


@pytest.mark.parametrize("action", [repr, str, "{}".format, lambda s: f"{s!r}"])
def test_a_secret_does_not_show_itself(action):
    secret = Secret()
    key = bytes(secret._page[:32])
    assert key != bytes(32)
    assert key.hex() not in action(secret)


@pytest.mark.parametrize("action", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_cannot_be_copied(action):
    with pytest.raises(TypeError):
        action(Secret())


def test_a_secret_is_overwritten_by_the_next():
    secret = Secret()
    keys = {bytes(secret._page[:32])}
    for _ in range(3):
        secret.renew()
        keys.add(bytes(secret._page[:32]))
        assert not any(key in secret._page[:] for key in keys - {bytes(secret._page[:32])})
    assert len(keys) == 4
