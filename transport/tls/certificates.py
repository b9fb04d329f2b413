"""The certificates that clients get to see: the operator's, or self-signed ones for any host.

Certificates with a mistake are for the faults of TLS. Only an authority of our own can sign an
expired one, so next to the operator's certificate a client does not know who signed those.
"""

import ssl
import tempfile
import threading
from collections import OrderedDict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import trustme
from cryptography import x509

from websocket_mock.actors.values.tls import CertificateProblem
from websocket_mock.transport.errors import BadTls
from websocket_mock.transport.tls.config import TlsConfig
from websocket_mock.transport.tls.contexts import make_context
from websocket_mock.transport.tls.serving import Certificates, ServedTls

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
"""What every certificate of ours is for, besides the name that the client wants."""

WRONG_NAME = "wrong-host.invalid"
"""A name that no client connects to (RFC 6761 section 6.4)."""

MAX_CONTEXTS = 128
"""How many names have their certificates kept. A further one takes the place of the oldest."""

LONG_AGO = timedelta(days=30)
YESTERDAY = timedelta(days=1)


def load_tls(config: TlsConfig) -> ServedTls | None:
    """Return what the settings ask for; None: no TLS. Reads and writes files.

    Raises:
        BadTls: a file cannot be used, or the settings do not fit together; the text says what to
            do.
    """
    _check_fit(config)
    if not config.is_on:
        return None
    # It reads the file of `client_ca`, so that a bad one ends the start and not a handshake.
    _client_side(config)
    certificates: Certificates = SelfSigned(config) if config.self_signed else FromFile(config)
    return ServedTls(certificates, config.only)


def _check_fit(config: TlsConfig) -> None:
    given = {name for name in TlsConfig.model_fields if getattr(config, name)} - {"client_cert"}
    if config.self_signed and given & {"cert", "key"}:
        raise BadTls("--tls-self-signed makes certificates and keys itself; leave out the others")
    if "ca_file" in given and not config.self_signed:
        raise BadTls("--tls-ca-file is for --tls-self-signed; add that, or leave it out")
    if given and not config.is_on:
        flag = f"--tls-{min(given).replace('_', '-')}"
        raise BadTls(f"{flag} needs a certificate: add --tls-self-signed, or give --tls-cert")


class _Loaded:
    """What both kinds of certificates have in common."""

    def subject_of(self, certificate: bytes) -> str:
        """Return the subject of a client's certificate, given in DER, as text (RFC 4514)."""
        return x509.load_der_x509_certificate(certificate).subject.rfc4514_string()


class FromFile(_Loaded):
    """The certificate of the operator.

    Args:
        config: the settings; they name the file of the certificate.

    Raises:
        BadTls: a file cannot be used.
    """

    ca_file: Path | None = None
    ca_pem: bytes | None = None

    def __init__(self, config: TlsConfig) -> None:
        assert config.cert is not None
        self._strangers = _Contexts(_Authority(config))
        self._context = _client_side(config)
        key = config.key or config.cert
        try:
            # Without a password: OpenSSL would ask the terminal for it, and wait.
            self._context.load_cert_chain(config.cert, key, password=lambda: "")
        except ssl.SSLError as error:
            hint = "it must be PEM, with a key that fits the certificate and has no password"
            raise BadTls(f"--tls-cert {config.cert}, --tls-key {key}: {hint}") from error
        except OSError as error:
            place = key if config.cert.is_file() else config.cert
            raise BadTls(f"{place}: cannot be read: {error.strerror or error}") from error

    def context(self, server_name: str | None) -> ssl.SSLContext:  # noqa: ARG002 - see the protocol
        """Return the context of the certificate, whatever the client wants."""
        return self._context

    def faulty(self, problem: CertificateProblem, server_name: str | None) -> ssl.SSLContext:
        """Return a context whose certificate has a mistake, by an authority nobody knows."""
        return self._strangers.get(problem, server_name)

    def close(self) -> None:
        """Do nothing, because the files are the operator's."""


class SelfSigned(_Loaded):
    """Certificates for any name, by an authority that lives as long as this object.

    Its private key is nowhere but in memory.

    Args:
        config: the settings.

    Raises:
        BadTls: a file cannot be used.
    """

    def __init__(self, config: TlsConfig) -> None:
        self._contexts = _Contexts(_Authority(config))
        self.ca_pem: bytes | None = self._contexts.authority.pem
        self.ca_file: Path | None = self._write(config.ca_file)
        self._is_ours = config.ca_file is None

    def _write(self, path: Path | None) -> Path:
        pem = self._contexts.authority.pem
        try:
            if path is not None:
                path.write_bytes(pem)
                return path.absolute()
            return _write_temporary(pem)
        except OSError as error:
            raise BadTls(
                f"{path or tempfile.gettempdir()}: the certificate of the authority cannot be "
                f"written: {error.strerror or error}; give another --tls-ca-file"
            ) from error

    def context(self, server_name: str | None) -> ssl.SSLContext:
        """Return a context with a certificate for a name."""
        return self._contexts.get(None, server_name)

    def faulty(self, problem: CertificateProblem, server_name: str | None) -> ssl.SSLContext:
        """Return a context whose certificate has a mistake, and no other."""
        return self._contexts.get(problem, server_name)

    def close(self) -> None:
        """Remove the file of the authority, if its place was chosen here."""
        if self._is_ours and self.ca_file is not None:
            with suppress(OSError):
                self.ca_file.unlink(missing_ok=True)


def _write_temporary(pem: bytes) -> Path:
    with tempfile.NamedTemporaryFile(
        prefix="websocket-mock-ca-", suffix=".pem", delete=False
    ) as file:
        path = Path(file.name)
        try:
            file.write(pem)
            file.flush()
        except OSError:
            # There is no room for it, and nobody would remove an empty file.
            path.unlink()
            raise
    return path


class _Authority:
    """Signs certificates. Making one takes a few milliseconds."""

    def __init__(self, config: TlsConfig) -> None:
        self._config = config
        self._trusted = trustme.CA(organization_name="websocket-mock-server")
        self.pem: bytes = self._trusted.cert_pem.bytes()

    @cached_property
    def _stranger(self) -> trustme.CA:
        return trustme.CA(organization_name="an unknown authority")

    def context(
        self, problem: CertificateProblem | None, server_name: str | None
    ) -> ssl.SSLContext:
        authority = self._stranger if problem == "unknown_ca" else self._trusted
        names = (WRONG_NAME,) if problem == "wrong_host" else _names(server_name)
        now = datetime.now(UTC)
        dates = (now - LONG_AGO, now - YESTERDAY) if problem == "expired" else (None, None)
        try:
            certificate = authority.issue_cert(*names, not_before=dates[0], not_after=dates[1])
        except ValueError:
            # The client wants a name that no certificate can be for.
            certificate = authority.issue_cert(*LOCAL_NAMES)
        context = _client_side(self._config)
        certificate.configure_cert(context)
        return context


class _Contexts:
    """Keeps a limited number of contexts. Any thread may use it."""

    def __init__(self, authority: _Authority) -> None:
        self.authority = authority
        self._kept: OrderedDict[tuple[str | None, str | None], ssl.SSLContext] = OrderedDict()
        self._mutex = threading.Lock()

    def get(self, problem: CertificateProblem | None, server_name: str | None) -> ssl.SSLContext:
        key = (problem, server_name)
        with self._mutex:
            context = self._kept.get(key)
            if context is None:
                context = self._kept[key] = self.authority.context(problem, server_name)
                if len(self._kept) > MAX_CONTEXTS:
                    self._kept.popitem(last=False)
            return context


def _names(server_name: str | None) -> tuple[str, ...]:
    return LOCAL_NAMES if server_name in (None, *LOCAL_NAMES) else (server_name, *LOCAL_NAMES)


def _client_side(config: TlsConfig) -> ssl.SSLContext:
    try:
        return make_context(config.client_ca, needs_client=config.client_cert == "required")
    except OSError as error:
        raise BadTls(
            f"--tls-client-ca {config.client_ca}: must be a PEM file with certificates: "
            f"{error.strerror or error}"
        ) from error
