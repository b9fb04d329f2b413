"""Which certificates clients get to see, and what is said of settings that cannot be used."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.helpers.full_disk import room_for
from websocket_mock.transport.errors import BadTls
from websocket_mock.transport.tls.certificates import MAX_CONTEXTS, SelfSigned, load_tls
from websocket_mock.transport.tls.config import TlsConfig


def refusal(**settings: Any) -> str:
    with pytest.raises(BadTls) as caught:
        load_tls(TlsConfig(**settings))
    return str(caught.value)


def certificate_of(context: ssl.SSLContext) -> x509.Certificate:
    """The certificate that a client sees; it trusts anybody."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server)
    context.sni_callback = None
    server = context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    der = client.getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der)


def names_of(certificate: x509.Certificate) -> list[str]:
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return [str(name.value) for name in extension.value]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"key": "k.pem"}, "--tls-key needs a certificate: add --tls-self-signed, or give"),
        ({"only": True}, "--tls-only needs a certificate"),
        ({"control": True}, "--tls-control needs a certificate"),
        ({"client_ca": "c.pem"}, "--tls-client-ca needs a certificate"),
        ({"self_signed": True, "cert": "c.pem"}, "--tls-self-signed makes certificates"),
        ({"self_signed": True, "key": "c.pem"}, "--tls-self-signed makes certificates"),
        ({"cert": "c.pem", "ca_file": "ca.pem"}, "--tls-ca-file is for --tls-self-signed"),
        ({"cert": "/nowhere/c.pem"}, "/nowhere/c.pem: cannot be read: No such file"),
        (
            {"self_signed": True, "client_ca": "/nowhere/ca.pem"},
            "--tls-client-ca /nowhere/ca.pem: must be a PEM file with certificates",
        ),
        (
            {"self_signed": True, "ca_file": "/nowhere/ca.pem"},
            "/nowhere/ca.pem: the certificate of the authority cannot be written",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: Mapping[str, Any], text: str) -> None:
    assert text in refusal(**settings)


def test_without_settings_there_is_no_tls() -> None:
    assert load_tls(TlsConfig()) is None


def test_file_without_a_certificate_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "c.pem"
    file.write_text("no certificate")
    text = refusal(cert=file)
    assert text.startswith(f"--tls-cert {file}, --tls-key {file}: it must be PEM")
    assert "must be a PEM file" in refusal(self_signed=True, client_ca=file)


def test_key_must_fit_the_certificate(tmp_path: Path) -> None:
    ca = trustme.CA()
    one, other = ca.issue_cert("a.test"), ca.issue_cert("b.test")
    one.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    other.private_key_pem.write_to_path(tmp_path / "key.pem")
    assert "with a key that fits" in refusal(cert=tmp_path / "cert.pem", key=tmp_path / "key.pem")


def test_certificate_of_the_operator_is_shown_whatever_the_client_wants(tmp_path: Path) -> None:
    leaf = trustme.CA().issue_cert("a.test")
    leaf.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    tls = load_tls(TlsConfig(cert=tmp_path / "both.pem"))
    assert tls is not None
    assert tls.certificates.ca_file is None
    for name in ("a.test", "b.test", None):
        assert names_of(certificate_of(tls.certificates.context(name))) == ["a.test"]
    assert names_of(certificate_of(tls.certificates.faulty("wrong_host", "a.test"))) != ["a.test"]


def test_file_of_the_authority_is_removed_if_its_place_was_chosen_here(tmp_path: Path) -> None:
    own, given = SelfSigned(TlsConfig()), SelfSigned(TlsConfig(ca_file=tmp_path / "ca.pem"))
    for one, is_kept in ((own, False), (given, True)):
        assert one.ca_file is not None
        assert one.ca_file.read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
        assert b"PRIVATE" not in one.ca_file.read_bytes()
        one.close()
        one.close()
        assert one.ca_file.exists() == is_kept


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("prices.test", "prices.test"),
        ("10.0.0.7", "10.0.0.7"),
        (None, "localhost"),
        ("a..b", "::1"),
    ],
)
def test_certificate_is_for_the_name_that_the_client_wants(
    tmp_path: Path, wanted: str | None, name: str
) -> None:
    certificates = SelfSigned(TlsConfig(ca_file=tmp_path / "ca.pem"))
    assert name in names_of(certificate_of(certificates.context(wanted)))


def test_only_so_many_names_are_kept(tmp_path: Path) -> None:
    certificates = SelfSigned(TlsConfig(ca_file=tmp_path / "ca.pem"))
    first = certificates.context("n0.test")
    assert certificates.context("n0.test") is first
    for number in range(1, MAX_CONTEXTS + 1):
        certificates.context(f"n{number}.test")
    assert certificates.context("n0.test") is not first


def test_subject_of_a_client_is_its_text_form(tmp_path: Path) -> None:
    certificates = SelfSigned(TlsConfig(ca_file=tmp_path / "ca.pem"))
    leaf = trustme.CA().issue_cert(common_name="alice", organization_name="Example")
    pem = x509.load_pem_x509_certificate(leaf.cert_chain_pems[0].bytes())
    der = pem.public_bytes(Encoding.DER)
    assert "CN=alice" in certificates.subject_of(der)


def test_disk_without_room_is_an_error_and_nothing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with room_for(20):
        text = refusal(self_signed=True)
    assert text == (
        f"{tmp_path}: the certificate of the authority cannot be written: File too large; "
        "give another --tls-ca-file"
    )
    assert list(tmp_path.iterdir()) == []
