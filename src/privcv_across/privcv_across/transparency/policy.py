# SPDX-License-Identifier: Apache-2.0
"""Whom to believe of a log (c2sp.org/tlog-policy): its key, and which witnesses are enough."""

from dataclasses import dataclass

from privcv_across.errors import LogError
from privcv_across.transparency.checkpoint_note import TreeHead, check_head, cosigned_at
from privcv_across.transparency.signed_note import COSIGNATURE_KEY, LOG_KEY, NoteKey, SignedNote

NONE = "none"
MOST_LINES = 1000


@dataclass(frozen=True)
class Policy:
    """Logs by their origin, witnesses by the name that the file gives them, groups, the quorum."""

    logs: dict[str, NoteKey]
    witnesses: dict[str, NoteKey]
    groups: dict[str, tuple[int, tuple[str, ...]]]
    """Name: how many of which witnesses or groups."""
    quorum: str

    @classmethod
    def parse(cls, text: str) -> "Policy":
        """Read a policy file; raises ``LogError`` naming its line."""
        found = cls({}, {}, {}, "")
        quorum = None
        lines = text.splitlines()
        if len(lines) > MOST_LINES:
            raise LogError(f"policy: has {len(lines)} lines; at most {MOST_LINES} are read")
        for number, line in enumerate(lines, start=1):
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            try:
                if words[0] == "quorum":
                    if quorum is not None or len(words) != 2:
                        raise LogError("one quorum must be named, once")
                    found._defined(quorum := words[1], or_none=True)
                else:
                    found._take(words)
            except LogError as error:
                raise LogError(f"policy, line {number}: {error}") from error
        if quorum is None:
            raise LogError("policy: names no quorum; add 'quorum' and a group, a witness or 'none'")
        return cls(found.logs, found.witnesses, found.groups, quorum)

    def check(self, note: SignedNote) -> TreeHead:
        """The head of a checkpoint that one of the logs signed and enough witnesses cosigned.

        Raises ``LogError``.
        """
        log = self.logs.get(TreeHead.parse(note.text).origin)
        if log is None:
            raise LogError("checkpoint: is of a log that the policy does not name")
        head = check_head(note, log)
        seen = {name for name, key in self.witnesses.items() if cosigned_at(note, key) is not None}
        if not self._enough(self.quorum, seen):
            raise LogError(
                f"checkpoint: cosigned by {', '.join(sorted(seen)) or 'no witness'}; the quorum "
                f"'{self.quorum}' needs more"
            )
        return head

    def _enough(self, name: str, seen: set[str]) -> bool:
        if name == NONE:
            return True
        if name in self.witnesses:
            return name in seen
        threshold, members = self.groups[name]
        return sum(self._enough(member, seen) for member in members) >= threshold

    def _take(self, words: list[str]) -> None:
        kind, *rest = words
        if kind == "log" and len(rest) in (1, 2):
            key = _key(rest[0], LOG_KEY, self.logs)
            self.logs[key.name] = key
        elif kind == "witness" and len(rest) in (2, 3):
            self._new(rest[0])
            self.witnesses[rest[0]] = _key(rest[1], COSIGNATURE_KEY, self.witnesses)
        elif kind == "group" and len(rest) >= 3:
            name, wanted, *members = rest
            self._new(name)
            for member in members:
                self._defined(member)
            words_for = {"all": len(members), "any": 1}
            threshold = words_for.get(wanted) or (int(wanted) if wanted.isdecimal() else 0)
            if not 1 <= threshold <= len(members) or len(set(members)) < len(members):
                raise LogError(f"{wanted} of {len(members)} members is no threshold")
            self.groups[name] = (threshold, tuple(members))
        else:
            raise LogError(f"{kind}: is no line of a log, a witness, a group or the quorum")

    def _new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise LogError(f"{name}: is named twice")

    def _defined(self, name: str, or_none: bool = False) -> None:
        if (
            name not in self.witnesses
            and name not in self.groups
            and not (or_none and name == NONE)
        ):
            raise LogError(f"{name}: no line before says what it is")


def _key(text: str, kind: int, known: dict[str, NoteKey]) -> NoteKey:
    key = NoteKey.decode(text)
    if key.kind != kind:
        raise LogError("the key is of the other type: 1 is a log's, 4 a witness's")
    if any(key.public_key == one.public_key or key.name == one.name for one in known.values()):
        raise LogError("the key, or its name, stands there twice")
    return key
