"""TLS for the connections of clients: certificates, the handshake, encrypted bytes."""
