"""A certificate authority made on the fly, and what it has issued, as files."""

from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True)
class Pair:
    """The files of a certificate and its key."""

    certificate: Path
    key: Path

    @property
    def names(self) -> tuple[str, str]:
        """As clients take them."""
        return str(self.certificate), str(self.key)


class Authority:
    def __init__(self, place: Path, name: str) -> None:
        self._ca = trustme.CA()
        self._place = place / name
        self._place.mkdir()
        self.file = self._place / "ca.pem"
        self._ca.cert_pem.write_to_path(self.file)

    def issue(self, name: str, identity: str = "127.0.0.1") -> Pair:
        """Files of that name, written over if they are there."""
        pair = Pair(self._place / f"{name}.pem", self._place / f"{name}.key")
        issued = self._ca.issue_cert(identity)
        chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
        pair.certificate.write_bytes(chain)
        issued.private_key_pem.write_to_path(pair.key)
        return pair
