"""An authority's key sets as its node holds them: the newest that the directory holds is the one in use."""

from __future__ import annotations

from collections.abc import Iterable

from rogatory.keys.directory.directory import Directory
from rogatory.keys.identity import Identity


class KeyRing:
    """Key sets of one authority, oldest first. Until the directory holds a newer one, the oldest is in use."""

    def __init__(self, identities: Iterable[Identity]) -> None:
        """At least one; raises ValueError for none, and for those of different authorities."""
        self._identities = sorted(identities, key=lambda identity: identity.key_set_version)
        if len({identity.authority for identity in self._identities}) != 1:
            raise ValueError("a key ring holds the key sets of one authority")

    @property
    def authority(self) -> str:
        """Whose keys these are."""
        return self._identities[0].authority

    @property
    def newest(self) -> Identity:
        """The key set that was made last."""
        return self._identities[-1]

    def add(self, identity: Identity) -> None:
        """Hold one more, or another one of the same number that never was in use. Raises ValueError."""
        if identity.authority != self.authority:
            raise ValueError(f"{identity.authority} is not {self.authority}")
        others = [held for held in self._identities if held.key_set_version != identity.key_set_version]
        self._identities = sorted([*others, identity], key=lambda held: held.key_set_version)

    def in_use(self, directory: Directory | None) -> Identity:
        """The newest key set that stands in the directory as it is held here, in force now; else the oldest."""
        if directory is None or self.authority not in directory.authority_entries:
            return self._identities[0]
        vouched = {
            (key_set.version, key_set.online)
            for key_set in directory.key_sets_in_force(self.authority, directory.targets_version)
        }
        held = (each for each in reversed(self._identities) if (each.key_set_version, each.online_public) in vouched)
        return next(held, self._identities[0])
