# SPDX-License-Identifier: Apache-2.0
"""The TPM of this machine, by ``tpm2-pytss`` (extra ``tpm``): quotes, enrolment, sealing.

Whoever verifies needs none of this. An attestation key lives as two blobs that only this TPM loads.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from privcv_across.attestation.evidence import Evidence
from privcv_across.errors import TpmError
from privcv_core.protocol import base64url

RESOURCE_MANAGER = "device:/dev/tpmrm0"
"""Of the kernel: several programs can use the TPM through it at once."""
VARIABLE = "PRIVCV_TPM"
"""Environment variable: how to reach the TPM, where no site file says it."""
TCTI = r"^(device|swtpm|mssim|tabrmd)(:[!-~]{1,190})?$"
"""Of the ways of tpm2-tss, those that start no program and load no library of one's own."""
_EK_POLICY = bytes.fromhex("837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa")
"""PolicySecret(endorsement): TCG EK Credential Profile, B.3."""
_EK_ATTRIBUTES = "fixedtpm|fixedparent|sensitivedataorigin|adminwithpolicy|restricted|decrypt"
_AK_ATTRIBUTES = "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign"
_SEALED_ATTRIBUTES = "fixedtpm|fixedparent"


def machine_tpm() -> "Tpm":
    """The TPM that ``PRIVCV_TPM`` names, else the kernel's; raises ``TpmError``."""
    return Tpm(os.environ.get(VARIABLE) or RESOURCE_MANAGER)


@dataclass(frozen=True)
class Blobs:
    """An object that only its TPM loads: TPM2B_PUBLIC and TPM2B_PRIVATE."""

    public: bytes
    private: bytes

    @property
    def area(self) -> bytes:
        """Its TPMT_PUBLIC, which verifiers know it by."""
        return self.public[2:]


class Tpm:
    """A connection; ``tcti`` says to what, as of tpm2-tss. Raises ``TpmError``."""

    def __init__(self, tcti: str = RESOURCE_MANAGER) -> None:
        if not re.fullmatch(TCTI, tcti):
            raise TpmError(f"TPM: {tcti!r}: is no TPM; name one, such as {RESOURCE_MANAGER}")
        os.environ.setdefault("TSS2_LOG", "all+NONE")  # what it says there, its errors say too
        try:
            import tpm2_pytss
        except ImportError as error:
            raise TpmError(
                "TPM: install the extra 'tpm' (tpm2-pytss, which needs libtss2-dev to be built)"
            ) from error
        self.tss: Any = tpm2_pytss
        name, _, configuration = tcti.partition(":")
        with self.faults(f"{tcti}: cannot be used"):
            self.esys: Any = tpm2_pytss.ESAPI(tpm2_pytss.TCTILdr(name, configuration or None))

    def __enter__(self) -> "Tpm":
        return self

    def __exit__(self, *_: object) -> None:
        self.esys.close()

    def endorsement_key(self) -> bytes:
        """TPMT_PUBLIC of the endorsement key (RSA 2048)."""
        with self.faults("endorsement key"), self._endorsement() as (_, public):
            return bytes(public.publicArea.marshal())

    def new_attestation_key(self) -> Blobs:
        """A new key that signs only what this TPM says itself (ECDSA P-256)."""
        template = self.tss.TPM2B_PUBLIC.parse(
            "ecc256:ecdsa-sha256:null", objectAttributes=_AK_ATTRIBUTES, nameAlg="sha256"
        )
        with self.faults("attestation key"), self._endorsement() as (parent, _):
            with self._endorsement_session() as session:
                private, public, *_ = self.esys.create(
                    parent, self.tss.TPM2B_SENSITIVE_CREATE(), template, session1=session
                )
            return Blobs(public.marshal(), private.marshal())

    def quote(self, key: Blobs, qualifying: bytes, pcrs: tuple[int, ...], device: str) -> Evidence:
        """Evidence of the SHA-256 registers ``pcrs``, for ``device`` (its Ed25519 key)."""
        selection = self._selection(pcrs)
        scheme = self.tss.TPMT_SIG_SCHEME(scheme=self.tss.TPM2_ALG.NULL)
        with self.faults("quote"), self._loaded(key) as handle:
            quoted, signature = self.esys.quote(
                handle, selection, self.tss.TPM2B_DATA(qualifying), in_scheme=scheme
            )
            values = self.pcrs(pcrs)
        return Evidence(
            format="tpm2",
            device=device,
            quote=base64url.encode(bytes(quoted)),
            signature=base64url.encode(signature.marshal()),
            key=base64url.encode(key.area),
            pcrs={str(number): value.hex() for number, value in values.items()},
        )

    def activate(self, key: Blobs, credential: bytes, seed: bytes) -> bytes:
        """The secret of a challenge (``tpm_credential.Challenge``); ``TpmError`` where it is for
        another TPM or key."""
        with (
            self.faults("challenge"),
            self._endorsement() as (parent, _),
            self._loaded(key) as handle,
            self._endorsement_session() as session,
        ):
            secret = self.esys.activate_credential(
                handle,
                parent,
                self.tss.TPM2B_ID_OBJECT(credential),
                self.tss.TPM2B_ENCRYPTED_SECRET(seed),
                session2=session,
            )
            return bytes(secret)

    def seal(self, secret: bytes, pcrs: tuple[int, ...]) -> Blobs:
        """``secret`` (up to 128 bytes), to come out while ``pcrs`` are what they are now."""
        esys, tss = self.esys, self.tss
        with self.faults("sealing"), self._storage() as parent:
            with self._session(tss.TPM2_SE.TRIAL) as trial:
                esys.policy_pcr(trial, b"", self._selection(pcrs))
                policy = bytes(esys.policy_get_digest(trial))
            template = tss.TPM2B_PUBLIC.parse(
                "keyedhash",
                objectAttributes=_SEALED_ATTRIBUTES,
                nameAlg="sha256",
                authPolicy=policy,
            )
            sensitive = tss.TPM2B_SENSITIVE_CREATE(
                tss.TPMS_SENSITIVE_CREATE(data=tss.TPM2B_SENSITIVE_DATA(secret))
            )
            private, public, *_ = esys.create(parent, sensitive, template)
        return Blobs(public.marshal(), private.marshal())

    def unseal(self, sealed: Blobs, pcrs: tuple[int, ...]) -> bytes:
        """What was sealed; ``TpmError`` on another TPM, or where a register changed."""
        with (
            self.faults("sealed key: this TPM does not give it out"),
            self._storage() as parent,
            self._held(self._load(parent, sealed)) as handle,
            self._session(self.tss.TPM2_SE.POLICY) as session,
        ):
            self.esys.policy_pcr(session, b"", self._selection(pcrs))
            return bytes(self.esys.unseal(handle, session1=session))

    def pcrs(self, numbers: tuple[int, ...]) -> Mapping[int, bytes]:
        """The values of registers of the SHA-256 bank."""
        found = {}
        for number in numbers:  # a read gives at most eight, in an order of its own
            _, _, digests = self.esys.pcr_read(self._selection((number,)))
            found[number] = bytes(digests.digests[0])
        return found

    @contextmanager
    def faults(self, what: str) -> Iterator[None]:
        """Errors of the TSS as ``TpmError``."""
        try:
            yield
        except self.tss.TSS2_Exception as error:
            raise TpmError(f"TPM: {what}: {error}") from error

    def _selection(self, numbers: tuple[int, ...]) -> Any:
        text = "sha256:" + ",".join(str(number) for number in numbers)
        return self.tss.TPML_PCR_SELECTION.parse(text)

    @contextmanager
    def _endorsement(self) -> Iterator[tuple[Any, Any]]:
        template = self.tss.TPM2B_PUBLIC.parse(
            "rsa2048:null:aes128cfb", objectAttributes=_EK_ATTRIBUTES, nameAlg="sha256",
            authPolicy=_EK_POLICY,
        )  # fmt: skip
        # The template of the TCG has a unique field of zeros, which the key is derived from too.
        template.publicArea.unique.rsa = self.tss.TPM2B_PUBLIC_KEY_RSA(bytes(256))
        handle, public, *_ = self.esys.create_primary(
            self.tss.TPM2B_SENSITIVE_CREATE(), template, self.tss.ESYS_TR.ENDORSEMENT
        )
        with self._held(handle):
            yield handle, public

    @contextmanager
    def _storage(self) -> Iterator[Any]:
        handle, *_ = self.esys.create_primary(
            self.tss.TPM2B_SENSITIVE_CREATE(), "ecc256:aes128cfb", self.tss.ESYS_TR.OWNER
        )
        with self._held(handle):
            yield handle

    @contextmanager
    def _loaded(self, key: Blobs) -> Iterator[Any]:
        with self._endorsement() as (parent, _):
            with self._endorsement_session() as session:
                handle = self._load(parent, key, session)
            with self._held(handle):
                yield handle

    def _load(self, parent: Any, blobs: Blobs, session: Any = None) -> Any:
        public, _ = self.tss.TPM2B_PUBLIC.unmarshal(blobs.public)
        private, _ = self.tss.TPM2B_PRIVATE.unmarshal(blobs.private)
        return self.esys.load(
            parent, private, public, session1=session or self.tss.ESYS_TR.PASSWORD
        )

    @contextmanager
    def _held(self, handle: Any) -> Iterator[Any]:
        try:
            yield handle
        finally:
            self.esys.flush_context(handle)

    @contextmanager
    def _session(self, kind: Any) -> Iterator[Any]:
        none = self.tss.ESYS_TR.NONE
        plain = self.tss.TPMT_SYM_DEF(algorithm=self.tss.TPM2_ALG.NULL)
        sha256 = self.tss.TPM2_ALG.SHA256
        session = self.esys.start_auth_session(none, none, kind, plain, sha256)
        with self._held(session):
            yield session

    @contextmanager
    def _endorsement_session(self) -> Iterator[Any]:
        with self._session(self.tss.TPM2_SE.POLICY) as session:
            self.esys.policy_secret(self.tss.ESYS_TR.ENDORSEMENT, session, b"", b"", b"", 0)
            yield session
