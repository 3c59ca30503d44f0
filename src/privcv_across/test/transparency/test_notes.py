# SPDX-License-Identifier: Apache-2.0
"""Notes, checkpoints, cosignatures and policies: as C2SP writes them, and no other."""

import dataclasses
import itertools

import pytest

from privcv_across.errors import LogError
from privcv_across.transparency.checkpoint_note import (
    TreeHead,
    check_head,
    cosign,
    cosigned_at,
    sign_head,
)
from privcv_across.transparency.merkle_tree import EMPTY_ROOT
from privcv_across.transparency.policy import Policy
from privcv_across.transparency.signed_note import (
    COSIGNATURE_KEY,
    LOG_KEY,
    NoteKey,
    NoteSignature,
    SignedNote,
)
from privcv_core.errors import PrivcvError
from privcv_core.protocol.signing import SigningKey, VerifyKey

LOG = SigningKey("Ed25519", bytes([1]) * 32)
WITNESSES = [SigningKey("Ed25519", bytes([10 + n]) * 32) for n in range(5)]
ORIGIN = "log.example/across"
HEAD = TreeHead(ORIGIN, 5, bytes(range(32)))
LOG_VKEY = NoteKey.of(ORIGIN, LOG_KEY, LOG)
NAMES = [f"w{n}.example" for n in range(5)]
KEYS = [NoteKey.of(name, COSIGNATURE_KEY, key) for name, key in zip(NAMES, WITNESSES, strict=True)]

GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpR"
    "Zb6KE6RyyBwJnAM=\n"
)
"""The example of golang.org/x/mod/sumdb/note, where the format comes from."""


def cosigned(*witnesses: int, head: TreeHead = HEAD) -> SignedNote:
    note = sign_head(head, LOG)
    more = [cosign(note, NAMES[n], WITNESSES[n], 1_700_000_000 + n) for n in witnesses]
    return SignedNote(note.text, (*note.signatures, *more))


def test_a_note_of_the_go_library_is_read_and_verified() -> None:
    key, note = NoteKey.decode(GO_KEY), SignedNote.decode(GO_NOTE.encode())
    assert key.encode() == GO_KEY
    assert note.encode() == GO_NOTE.encode()
    (signature,) = note.signatures
    assert signature.is_by(key)
    verify = VerifyKey("Ed25519", key.public_key).verify
    assert verify(signature.signature, note.text.encode())
    assert not verify(signature.signature, note.text.encode()[1:])


def test_a_checkpoint_is_three_lines_and_who_signed() -> None:
    content = cosigned(0, 1).encode()
    lines = content.decode().split("\n")
    assert lines[:4] == [ORIGIN, "5", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", ""]
    assert [line.split(" ")[:2] for line in lines[4:-1]] == [
        ["—", ORIGIN], ["—", NAMES[0]], ["—", NAMES[1]]
    ]  # fmt: skip
    note = SignedNote.decode(content)
    assert check_head(note, LOG_VKEY) == HEAD
    assert [cosigned_at(note, key) for key in KEYS[:3]] == [1_700_000_000, 1_700_000_001, None]
    assert len(content) <= 500  # with two witnesses, the figure of the design


def test_an_independent_verifier_accepts_our_signatures_and_only_those() -> None:
    tlog = pytest.importorskip("tlog_scales.tlog", reason="tlog-scales needs Python 3.11")
    signing = pytest.importorskip("tlog_scales.signing")
    theirs = tlog.Checkpoint.from_text(cosigned(0, 2).encode().decode())
    assert (theirs.origin, theirs.size, theirs.root_hash) == (ORIGIN, 5, HEAD.root)
    keys = signing.VkeySet(*(signing.Vkey.from_string(k.encode()) for k in (LOG_VKEY, *KEYS)))
    believed = {key.name for key, _ in keys.verify(theirs.signatures, theirs)}
    assert believed == {ORIGIN, NAMES[0], NAMES[2]}
    changed = dataclasses.replace(theirs, size=6)
    assert not keys.verify(changed.signatures, changed)


def test_we_accept_a_checkpoint_that_the_other_one_signed() -> None:
    tlog = pytest.importorskip("tlog_scales.tlog", reason="tlog-scales needs Python 3.11")
    signing = pytest.importorskip("tlog_scales.signing")
    signers = [signing.PlainEd25519Signer(ORIGIN, LOG.secret)]
    theirs = tlog.Checkpoint.make_signed(ORIGIN, 5, HEAD.root, signers)
    assert check_head(SignedNote.decode(theirs.serialize().encode()), LOG_VKEY) == HEAD


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n5\n",
        f"\n5\n{'A' * 43}=\n",
        f"{ORIGIN}\n05\n{'A' * 43}=\n",
        f"{ORIGIN}\n+5\n{'A' * 43}=\n",
        f"{ORIGIN}\n٥\n{'A' * 43}=\n",
        f"{ORIGIN}\n{2**63}\n{'A' * 43}=\n",
        f"{ORIGIN}\n5\n{'A' * 42}\n",
        f"{ORIGIN}\n5\n{'A' * 42}B=\n",
        f"{ORIGIN}\n5\nAAAA\n",
        f"{ORIGIN}\n0\n{'A' * 43}=\n",
        f"{ORIGIN}\n5\n{'A' * 43}=\nextension\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(LogError):
        TreeHead.parse(text)


def test_an_empty_log_has_the_root_of_nothing() -> None:
    head = TreeHead("o", 0, EMPTY_ROOT)
    assert TreeHead.parse(head.text()) == head


def test_signatures_are_of_this_log_this_text_and_this_kind() -> None:
    note = cosigned(0)
    text, (own, witness) = note.text, note.signatures
    wrong = [
        SignedNote(text.replace("5", "6", 1), (own, witness)),
        SignedNote(text, (witness,)),
        SignedNote(text, (own, dataclasses.replace(own, signature=bytes(64)))),
        SignedNote(text, (dataclasses.replace(own, name="other"),)),
    ]
    for one in wrong:
        with pytest.raises(LogError):
            check_head(one, LOG_VKEY)
    with pytest.raises(LogError):  # the witness's key is no log's
        check_head(note, KEYS[0])
    for signature in (
        dataclasses.replace(witness, signature=witness.signature[:-1]),
        dataclasses.replace(witness, signature=bytes(8) + witness.signature[8:]),
        dataclasses.replace(witness, signature=b"\0" * 7 + b"\1" + witness.signature[8:]),
        dataclasses.replace(witness, key_id=bytes(4)),
    ):
        assert cosigned_at(SignedNote(text, (own, signature)), KEYS[0]) is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"text\n", b"text\n\n", b"text\n\n\xe2\x80\x94 a\n", b"text\n\n- a AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a AAAA\n", b"te\txt\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAA=", b"\xff\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"text\n\n" + b"\xe2\x80\x94 a AAAAAAA=\n" * 101, b"x" * 1_000_001,
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(content: bytes) -> None:
    with pytest.raises(LogError):
        SignedNote.decode(content)


@pytest.mark.parametrize(
    "text",
    ["", "a", "a+00000000+", GO_KEY.replace("c7", "c8"), GO_KEY.replace("Peter", "Pete r"),
     GO_KEY[:-4], NoteKey.of("a", LOG_KEY, LOG).encode().replace("+AY", "+BY")],
)  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(PrivcvError):
        NoteKey.decode(text)


POLICY = "\n".join(
    [
        "# ours",
        f"log {LOG_VKEY.encode()} https://log.example/",
        *(f"witness w{n} {key.encode()}" for n, key in enumerate(KEYS)),
        "group tenants 2 w0 w1 w2",
        "group others any w3 w4",
        "group both all tenants others",
        "  quorum both",
    ]
)


def test_a_quorum_is_counted_as_the_policy_says() -> None:
    policy = Policy.parse(POLICY)
    for count in range(6):
        for who in itertools.combinations(range(5), count):
            enough = len({0, 1, 2} & set(who)) >= 2 and bool({3, 4} & set(who))
            if enough:
                assert policy.check(cosigned(*who)) == HEAD
            else:
                with pytest.raises(LogError, match="quorum"):
                    policy.check(cosigned(*who))


def test_one_witness_that_signs_twice_is_one() -> None:
    note = cosigned(0, 3)
    doubled = SignedNote(note.text, (*note.signatures, *note.signatures))
    with pytest.raises(LogError, match="quorum"):
        Policy.parse(POLICY).check(doubled)


def test_a_checkpoint_of_another_log_is_not_believed() -> None:
    other = TreeHead("other.example", 5, bytes(32))
    note = sign_head(other, LOG)
    with pytest.raises(LogError, match="does not name"):
        Policy.parse(POLICY).check(note)


WITNESS = f"witness w0 {KEYS[0].encode()}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "quorum"),
        (WITNESS, "quorum"),
        ("quorum w9", "line 1"),
        ("quorum none\nquorum none", "line 2"),
        (f"{WITNESS}\n{WITNESS.replace(' w0 ', ' w1 ')}\nquorum w0", "line 2.*twice"),
        (f"{WITNESS}\n{WITNESS}\nquorum w0", "line 2.*twice"),
        (f"witness none {KEYS[0].encode()}\nquorum none", "line 1"),
        (f"log {KEYS[0].encode()}\nquorum none", "line 1.*type"),
        (f"witness w0 {LOG_VKEY.encode()}\nquorum w0", "line 1.*type"),
        (f"{WITNESS}\ngroup g 2 w0\nquorum g", "line 2.*threshold"),
        (f"{WITNESS}\ngroup g 0 w0\nquorum g", "line 2.*threshold"),
        (f"{WITNESS}\ngroup g -1 w0\nquorum g", "line 2.*threshold"),
        (f"{WITNESS}\ngroup g 2 w0 w0\nquorum g", "line 2.*threshold"),
        (f"{WITNESS}\ngroup g any none\nquorum g", "line 2"),
        (f"group g any w0\n{WITNESS}\nquorum g", "line 1"),
        ("believe me\nquorum none", "line 1"),
        ("\n" * 1001 + "quorum none", "1002 lines"),
    ],
)
def test_a_policy_that_says_something_else_is_refused(text: str, why: str) -> None:
    with pytest.raises(LogError, match=why):
        Policy.parse(text)


def test_a_cosignature_has_a_time() -> None:
    note = sign_head(HEAD, LOG)
    for time in (0, -1, 2**63):
        with pytest.raises(LogError):
            cosign(note, NAMES[0], WITNESSES[0], time)
    assert isinstance(cosign(note, NAMES[0], WITNESSES[0], 2**63 - 1), NoteSignature)
