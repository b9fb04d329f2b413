"""The errors that the transport raises on purpose.

TransportError
├── CannotListen      no port was available
└── BadTls            the settings of TLS cannot be used
"""


class TransportError(Exception):
    """Base of every error this package raises on purpose."""


class CannotListen(TransportError):
    """Raised when the server cannot listen; its text says where and why."""


class BadTls(TransportError):
    """Raised when the settings of TLS cannot be used; its text says what to do."""
