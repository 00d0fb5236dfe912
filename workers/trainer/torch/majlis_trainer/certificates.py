"""The trainer's certificate, which follows its files: new connections take what they hold then."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

from majlis_trainer.call_error import precondition

log = logging.getLogger(__name__)

State = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class CertificateFiles:
    """PEM files."""

    certificate: Path
    key: Path
    ca: Path | None
    """Of clients: with it every client has to show a certificate of it."""

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.certificate, self.key) if self.ca is None else (self.certificate, self.key, self.ca)


class Certificates:
    """What the files held when they were last usable. Files of two issues, as in mid-rotation, are not taken up."""

    def __init__(self, files: CertificateFiles) -> None:
        """A file that is missing or of no use is FAILED_PRECONDITION, by its name."""
        self._files = files
        try:
            self._seen = self._state()
            self._configuration = self._read()
        except (OSError, ssl.SSLError, ValueError) as cause:
            names = ", ".join(str(path) for path in files.paths)
            sentence = f"TLS cannot be offered with {names}: {cause}. Next: PEM files, the key that of the certificate."
            raise precondition(sentence) from cause

    def credentials(self) -> grpc.ServerCredentials:
        """For a port. gRPC asks at each handshake whether there is something new."""
        return grpc.dynamic_ssl_server_credentials(
            self._configuration, self._renewed, require_client_authentication=self._files.ca is not None
        )

    def _renewed(self) -> grpc.ServerCertificateConfiguration | None:
        try:
            state = self._state()
            if state == self._seen:
                return None
            self._seen = state
            self._configuration = self._read()
        except (OSError, ssl.SSLError, ValueError) as failure:
            log.warning("certificates from before stay in use: %s", failure)
            return None
        return self._configuration

    def _state(self) -> State:
        states = [path.stat() for path in self._files.paths]
        return tuple((state.st_mtime_ns, state.st_ino, state.st_size) for state in states)

    def _read(self) -> grpc.ServerCertificateConfiguration:
        certificate, key, ca = self._files.certificate, self._files.key, self._files.ca
        checked = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        checked.load_cert_chain(certificate, key)
        if ca is not None:
            checked.load_verify_locations(ca)
        root = None if ca is None else ca.read_bytes()
        return grpc.ssl_server_certificate_configuration([(key.read_bytes(), certificate.read_bytes())], root)
