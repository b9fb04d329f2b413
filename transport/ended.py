"""What takes the place of a connection that has ended, for those who still have its outbox."""


class Ended:
    """Does nothing, because the socket is closed.

    The outbox of a connection and the connection would otherwise keep each other until the next
    garbage collection.
    """

    is_paused = False

    def hold_reading(self, *, is_held: bool) -> None:
        """Ignore that reading stops or starts."""

    def freeze(self, *, is_frozen: bool) -> None:
        """Ignore that the line goes dead or comes back."""

    def abort(self, *, is_reset: bool) -> None:
        """Ignore a further end."""

    def expect_end(self) -> None:
        """Ignore a further end."""

    def heard(self) -> None:
        """Ignore a sign of life."""

    def pause(self) -> None:
        """Ignore that too much is waiting."""

    def update_watch(self) -> None:
        """Ignore that other events of the socket matter now."""

    def request_flush(self) -> None:
        """Ignore that there is something to write."""

    def note_unsent(self, size: int) -> None:
        """Ignore bytes that are waiting."""

    def on_overflow(self) -> None:
        """Ignore that the client reads too slowly."""

    def on_end_of_stream(self) -> None:
        """Ignore that nothing more will be sent."""

    def drop(self, reason: str) -> None:
        """Ignore a further end."""


ENDED = Ended()
