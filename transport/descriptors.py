"""Leaves some file descriptors of the process for what is not a connection of a client.

Without them clients that take all descriptors would break more than themselves: a server that has
just started could not load its last modules, and nobody could ask one that runs.
"""

import os
import resource
import socket

RESERVED = 32
"""How many descriptors are left: for the control plane, and for files."""

RESERVED_SHARE = 8
"""A process that may have very few descriptors leaves one of so many."""


class Descriptors:
    """Tells whether there are descriptors for connections. The limit is read once.

    A new descriptor has the lowest number that is free (dup(2), accept(2)), so a high number tells
    that few are left.
    """

    def __init__(self) -> None:
        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._first_reserved = limit - min(RESERVED, limit // RESERVED_SHARE)

    def is_last(self, sock: socket.socket) -> bool:
        """Tell whether a new socket has taken the last descriptor for connections."""
        return sock.fileno() >= self._first_reserved

    def are_left(self, sock: socket.socket) -> bool:
        """Tell whether there are descriptors for connections. Does not block.

        Args:
            sock: any open socket.

        Raises:
            OSError: the process has no descriptors at all.
        """
        number = os.dup(sock.fileno())
        os.close(number)
        return number < self._first_reserved
