"""What goes wrong in the transport on purpose.

TransportError
└── CannotListen      no port could be had
"""


class TransportError(Exception):
    """Base of every error this package raises on purpose."""


class CannotListen(TransportError):
    """Raised when the server cannot listen; its text says where and why."""
