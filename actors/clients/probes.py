"""The probes of one client: messages and a ping that are sent to it, and what comes back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

import pykka

from websocket_mock.actors.values.models import ClientId, ProbeResult

MAX_REPLIES = 20
MAX_REPLY_CHARACTERS = 200


@dataclass(slots=True)
class _Probe:
    future: "pykka.ThreadingFuture[ProbeResult]"
    started_at: float
    messages_sent: int
    bytes_sent: int
    wants_replies: bool
    round_trip: float | None = None
    replies: list[str] = field(default_factory=list)
    reply_count: int = 0


class Probes:
    """Matches pongs and replies with the probes that wait for them. The dispatcher's thread only.

    Args:
        client_id: the client that is probed.
    """

    def __init__(self, client_id: ClientId) -> None:
        self._client_id = client_id
        self.running: dict[bytes, _Probe] = {}
        """The probes that wait, by the payloads of their pings."""
        self._numbers = count(1)

    def start(
        self, texts: Sequence[bytes], *, wants_replies: bool, now: float
    ) -> "tuple[bytes, pykka.Future[ProbeResult]]":
        """Begin a probe; return the payload for its ping, and the future of its result.

        Args:
            texts: the messages of the probe, encoded as UTF-8.
            wants_replies: whether to collect replies until `end`, and not only the pong.
            now: monotonic seconds.
        """
        payload = b"probe-%d" % next(self._numbers)
        future: pykka.ThreadingFuture[ProbeResult] = pykka.ThreadingFuture()
        size = sum(map(len, texts))
        self.running[payload] = _Probe(future, now, len(texts), size, wants_replies)
        return payload, future

    def on_pong(self, payload: bytes, now: float) -> None:
        """Handle a pong. A probe that wants no replies ends with it."""
        probe = self.running.get(payload)
        if probe is not None and probe.round_trip is None:
            probe.round_trip = now - probe.started_at
            if not probe.wants_replies:
                self.end(payload)

    def on_message(self, text: str) -> None:
        """Count a data message as a reply to every probe that wants replies."""
        for probe in self.running.values():
            if probe.wants_replies:
                probe.reply_count += 1
                if len(probe.replies) < MAX_REPLIES:
                    probe.replies.append(_shorten(text))

    def end(self, payload: bytes) -> None:
        """End a probe and answer with what is known. Does nothing if it has ended."""
        probe = self.running.pop(payload, None)
        if probe is not None:
            probe.future.set(
                ProbeResult(
                    client_id=self._client_id,
                    messages_sent=probe.messages_sent,
                    bytes_sent=probe.bytes_sent,
                    round_trip=probe.round_trip,
                    replies=tuple(probe.replies),
                    reply_count=probe.reply_count,
                )
            )

    def end_all(self) -> None:
        """End every probe, because the client has gone."""
        for payload in list(self.running):
            self.end(payload)


def _shorten(text: str) -> str:
    too_long = len(text) > MAX_REPLY_CHARACTERS
    return text[: MAX_REPLY_CHARACTERS - 1] + "…" if too_long else text
