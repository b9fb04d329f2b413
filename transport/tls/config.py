"""The settings of TLS."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TlsConfig(BaseModel):
    """How clients can connect with TLS. Without a certificate there is no TLS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cert: Path | None = Field(
        None, description="PEM file with the certificate of the server and its chain"
    )
    key: Path | None = Field(
        None, description="PEM file with its private key; default: the file of the certificate"
    )
    self_signed: bool = Field(
        default=False,
        description="issue certificates for any host name, by a certificate authority of this run",
    )
    ca_file: Path | None = Field(
        None,
        description="with tls_self_signed: the file to write the certificate of that authority "
        "to; clients must trust it; default: a file in the directory for temporary files",
    )
    client_ca: Path | None = Field(
        None, description="PEM file with the authorities of client certificates"
    )
    client_cert: Literal["required", "optional"] = Field(
        "required", description="with tls_client_ca: whether clients must have a certificate"
    )
    only: bool = Field(
        default=False, description="refuse clients that connect to the port without TLS"
    )
    control: bool = Field(
        default=False, description="serve MCP, REST and the page with TLS, too (https)"
    )

    @property
    def is_on(self) -> bool:
        """Whether clients can connect with TLS."""
        return self.self_signed or self.cert is not None
