"""What dishonest relays, publishers, coordinators and trustees could hand out, made with the keys that each has."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from securesystemslib.signer import Signer
from tuf.api.metadata import TargetFile, Targets

from rogatory.keys.directory import bundle as bundles
from rogatory.keys.directory.assemble import metadata_file, target_file
from rogatory.keys.directory.trust import TrustedDirectory
from rogatory.keys.errors import DirectoryExpired, DirectoryRefused
from rogatory.keys.publishing.drafts import read
from rogatory.keys.publishing.sealing import latest, seal
from tests.keys.simulator import DirectorySimulator

Files = dict[str, bytes]


def edited(bundle: bytes, change: Callable[[Files], object]) -> bytes:
    """A relay's doing: the bundle with its files changed."""
    files = bundles.unpack(bundle)
    change(files)
    return bundles.pack(files)


def sealed(simulator: DirectorySimulator, change: Callable[[Files], object]) -> bytes:
    """The publisher's doing: files changed, then a new snapshot and timestamp over them."""
    files = dict(simulator.repository.published)
    change(files)
    seal(files, simulator.publisher, simulator.now(), simulator.repository.terms)
    return bundles.pack(files)


def resigned(
    files: Files,
    role: str,
    signers: Sequence[Signer],
    change: Callable[[Targets], object] = lambda targets: None,
    *,
    same_version: bool = False,
) -> None:
    """Role keys' doing: the next version of a targets role, changed and signed by these."""
    version, data = latest(files, role) or (0, b"")
    metadata = read(data, Targets)
    metadata.signatures.clear()
    if not same_version:
        metadata.signed.version += 1
        del files[metadata_file(role, version)]
    change(metadata.signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    files[metadata_file(role, metadata.signed.version)] = metadata.to_bytes()


def rewritten(
    simulator: DirectorySimulator,
    role: str,
    signers: Sequence[Signer],
    path: str,
    change: Callable[[dict[str, Any]], object],
) -> bytes:
    """All keys together: one JSON document changed, signed by its role, sealed by the publisher."""

    def forge(files: Files) -> None:
        _, data = latest(files, role) or (0, b"")
        document = msgspec.json.decode(files[target_file(path, read(data, Targets).signed.targets[path])])
        change(document)
        new = msgspec.json.encode(document)
        info = TargetFile.from_data(path, new, ["sha256"])
        files[target_file(path, info)] = new
        resigned(files, role, signers, lambda targets: targets.targets.update({path: info}))

    return sealed(simulator, forge)


def refused(trusted: TrustedDirectory, bundle: bytes, error: type[DirectoryRefused | DirectoryExpired]) -> str:
    """Check that a bundle is refused with this error and changes nothing; gives the message."""
    before = trusted.load(), trusted.bundle()
    with pytest.raises(error) as refusal:
        trusted.refresh(bundle)
    assert refusal.type is error
    assert (trusted.load(), trusted.bundle()) == before
    return str(refusal.value)
