"""Letters hold links that let somebody in: only a server whose certificate is vouched for gets them."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from portal.store.tables import Mail
from portal.web.posting import SmtpSender, Unsent
from tests.web.postbox import Box, open_box


def own_certificate(folder: Path) -> Path:
    """Return a file with a key and a certificate for 127.0.0.1 that nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    signed = made.add_extension(names, critical=False).sign(key, SHA256())
    file = folder / "own.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + signed.public_bytes(Encoding.PEM)
    )
    return file


def test_a_server_that_anybody_could_be_gets_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, box = own_certificate(tmp_path), Box()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    letter = Mail(id=1, subject="邀请", body="正文", recipient="fang@example.cn")
    with open_box(box, tls_context=context) as port:
        sender = SmtpSender(server="127.0.0.1", port=port, tls="starttls", sender="平台 <a@example.cn>")
        with pytest.raises(Unsent, match="SSLCertVerificationError"):
            sender.send(letter)
        assert box.taken == []
        monkeypatch.setenv("SSL_CERT_FILE", str(file))  # As an administrator trusts the office's own server.
        sender.send(letter)
    assert len(box.taken) == 1
