"""The schema of faults: what goes wrong on purpose, when, and for whom."""

import difflib
from typing import Annotated, Any, Literal, get_args

from annotated_types import Ge, Le
from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from websocket_mock.actors.matching.schema import Matcher, MessageMatch, Model, fill_bare
from websocket_mock.actors.matching.units import BinaryText, Duration, Size

Count = Annotated[int, Ge(1)]
Probability = Annotated[float, Ge(0), Le(1)]

FaultKind = Literal[
    "latency",
    "bandwidth",
    "drop",
    "duplicate",
    "reorder",
    "corrupt",
    "truncate",
    "split",
    "drip",
    "invalid_utf8",
    "reserved_bit",
    "reserved_opcode",
    "masked",
    "oversized_control",
    "fragmented_control",
    "raw",
    "no_pong",
    "no_close_reply",
    "stop_reading",
    "half_open",
    "reset",
    "hang_up",
    "wrong_accept",
]
FAULT_KINDS: tuple[FaultKind, ...] = get_args(FaultKind)

TWO_WAY_KINDS = ("latency", "bandwidth", "drop", "duplicate", "reorder", "corrupt", "truncate")
"""What can also happen to what comes from the client."""

STATE_KINDS = ("stop_reading", "half_open", "reset", "hang_up")
"""What happens to the connection: at once, or where a message is named, with that message."""

PARAMETRIC_KINDS = ("latency", "bandwidth", "raw")
"""What cannot stand alone: it says nothing without its parameters."""

ANSWER_KINDS = ("no_pong", "no_close_reply")
HANDSHAKE_KINDS = ("wrong_accept",)

ControlOpcode = Literal["ping", "pong", "close"]


def _without_parameters(value: Any) -> Any:  # noqa: ANN401 - whatever the user wrote
    if value != {}:
        raise ValueError("takes no parameters; write {} or nothing behind it")
    return value


Plain = Annotated[dict[str, str], BeforeValidator(_without_parameters)]
"""A fault without parameters."""


class Latency(Model):
    """What is sent arrives later; the order stays, as in TCP."""

    mean: Duration = Field(description="how much later")
    jitter: Duration = Field(default=0.0, description="up to so much more or less")


class Bandwidth(Model):
    """A slow line: each message takes its size to pass."""

    rate: Annotated[Size, Ge(1)] = Field(description="payload bytes a second")


class Duplicate(Model):
    """The message comes again."""

    copies: Annotated[int, Ge(1), Le(100)] = Field(default=1, description="how often, beside it")


class Reorder(Model):
    """The message comes behind later ones; while it waits, none of those is held back, too."""

    by: Annotated[int, Ge(1), Le(1000)] = Field(default=1, description="behind so many messages")
    within: Duration = Field(
        default=1.0, description="it comes after so long where no more messages do"
    )


class Corrupt(Model):
    """Other content: a text stays valid UTF-8, of binary data bits are turned over."""

    count: Annotated[int, Ge(1), Le(10_000)] = Field(
        default=1, description="characters, or bytes, that are changed"
    )


class Truncate(Model):
    """Only the beginning of the message, in a frame that is valid."""

    to: Size | None = Field(
        default=None, description="bytes that are left, whole characters of a text; default: half"
    )


class Split(Model):
    """The frame is cut in two, with a pause in between."""

    at: Count = Field(default=1, description="bytes of the frame, head included, that go first")
    pause: Duration = Field(default=0.05, description="time until the rest goes")


class Drip(Model):
    """The frame goes out a few bytes at a time."""

    size: Annotated[Size, Ge(1)] = Field(default=1, description="bytes at a time")
    interval: Duration = Field(default=0.01, description="time in between; at least 1ms")

    @model_validator(mode="after")
    def _check_interval(self) -> "Drip":
        if self.interval < 0.001:  # noqa: PLR2004
            raise ValueError("give an interval of at least 1ms")
        return self


class ReservedBit(Model):
    """A bit of the frame's head that must be 0."""

    bit: Literal[1, 2, 3] = Field(default=2, description="RSV1, RSV2 or RSV3")


class ReservedOpcode(Model):
    """An opcode without a meaning, instead of the message's own."""

    opcode: Literal[3, 4, 5, 6, 7, 11, 12, 13, 14, 15] = Field(
        default=3, description="3 to 7 are data frames, 11 to 15 control frames"
    )


class OversizedControl(Model):
    """A control frame before the message, with more than the 125 bytes it may have."""

    opcode: ControlOpcode = Field(default="ping", description="kind of control frame")
    size: Annotated[int, Ge(126), Le(65_535)] = Field(default=126, description="payload bytes")


class FragmentedControl(Model):
    """A control frame before the message, with FIN 0."""

    opcode: ControlOpcode = Field(default="ping", description="kind of control frame")


class Frames(Model):
    """Which of the messages that the fault could hit, counted on each connection from 1."""

    nth: Count | None = Field(default=None, description="only this one")
    every_nth: Count = Field(default=1, description="only each n-th of them")
    after_times: Annotated[int, Ge(0)] = Field(default=0, description="not the first so many")
    times: Count | None = Field(default=None, description="at most so many")

    @model_validator(mode="after")
    def _check_given(self) -> "Frames":
        if not self.model_fields_set:
            raise ValueError("give nth, or some of every_nth, after_times and times")
        if self.nth is not None and len(self.model_fields_set) > 1:
            raise ValueError("`nth` says it all; leave out every_nth, after_times and times")
        return self


def _known(word: str) -> str:
    if word in PARAMETRIC_KINDS:
        raise ValueError(f"{word} says nothing alone; write `{word}:` with its parameters behind")
    if word in FAULT_KINDS:
        return word
    near = difflib.get_close_matches(word, FAULT_KINDS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(FAULT_KINDS)}"
    raise ValueError(f"there is no fault {word!r}; {hint}")


def _allow_word(schema: dict[str, Any]) -> None:
    """Tell editors that a fault may be a word."""
    fault = dict(schema)
    schema.clear()
    words = [kind for kind in FAULT_KINDS if kind not in PARAMETRIC_KINDS]
    schema["anyOf"] = [{"enum": words}, fault]


class Fault(Model):
    """Something that goes wrong; exactly one kind. A kind alone is short for `{kind: {}}`."""

    model_config = ConfigDict(json_schema_extra=_allow_word)

    name: str | None = Field(
        default=None, min_length=1, description="for the journal; default: its kind"
    )

    latency: Latency | None = Field(default=None, description="what is sent arrives later")
    bandwidth: Bandwidth | None = Field(default=None, description="a slow line")
    drop: Plain | None = Field(default=None, description="the message is lost")
    duplicate: Duplicate | None = Field(default=None, description="the message comes again")
    reorder: Reorder | None = Field(default=None, description="it comes behind later messages")
    corrupt: Corrupt | None = Field(default=None, description="its content is changed")
    truncate: Truncate | None = Field(default=None, description="only its beginning comes")
    split: Split | None = Field(default=None, description="its frame is cut in two")
    drip: Drip | None = Field(default=None, description="its frame goes a few bytes at a time")
    invalid_utf8: Plain | None = Field(
        default=None, description="a text message ends in a byte that is not UTF-8 (FF)"
    )
    reserved_bit: ReservedBit | None = Field(
        default=None, description="a reserved bit of its frame is 1"
    )
    reserved_opcode: ReservedOpcode | None = Field(
        default=None, description="its frame has a reserved opcode"
    )
    masked: Plain | None = Field(
        default=None, description="its frame is masked, which a server's must not be"
    )
    oversized_control: OversizedControl | None = Field(
        default=None, description="a control frame of more than 125 bytes comes before it"
    )
    fragmented_control: FragmentedControl | None = Field(
        default=None, description="a control frame with FIN 0 comes before it"
    )
    raw: BinaryText | None = Field(
        default=None, description="these bytes go out instead of it, on the wire as they stand"
    )
    no_pong: Plain | None = Field(default=None, description="pings are not answered")
    no_close_reply: Plain | None = Field(default=None, description="close frames are not answered")
    stop_reading: Plain | None = Field(
        default=None, description="nothing is read, so the client's send buffer fills up"
    )
    half_open: Plain | None = Field(
        default=None, description="nothing is read or written, nor is the connection closed"
    )
    reset: Plain | None = Field(default=None, description="RST")
    hang_up: Plain | None = Field(default=None, description="FIN without a close frame")
    wrong_accept: Plain | None = Field(
        default=None, description="a wrong Sec-WebSocket-Accept in the handshake"
    )

    direction: Literal["to_client", "from_client", "both"] = Field(
        default="to_client", description="which way the messages go"
    )
    frames: Frames | None = Field(default=None, description="which messages; default: all")
    probability: Probability = Field(default=1.0, description="of each of these, from 0 to 1")
    match: MessageMatch | None = Field(
        default=None, description="only messages like this; default: all"
    )
    attempt: Matcher = Field(
        default=None, description="only on connections of the client with this number"
    )
    after: Duration = Field(
        default=0.0, description="so long after the connection opened, or the fault was set"
    )
    duration: Duration | None = Field(
        default=None,
        description="for so long from then on, or from the message it waits for; "
        "default: to the end",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the user wrote
        if isinstance(value, str):
            return {_known(value): {}}
        return fill_bare(value, FAULT_KINDS) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _check_kind(self) -> "Fault":
        given = [kind for kind in FAULT_KINDS if kind in self.model_fields_set]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(FAULT_KINDS)}")
        self._check_options(given[0])
        if self.duration == 0:
            raise ValueError("give a `duration` above 0, or leave it out")
        return self

    def _check_options(self, kind: FaultKind) -> None:
        given = self.model_fields_set
        is_two_way = kind in TWO_WAY_KINDS or (kind in STATE_KINDS and self.is_triggered)
        if "direction" in given and self.direction != "to_client" and not is_two_way:
            raise ValueError(f"{kind} concerns what is sent to the client; leave out `direction`")
        if kind in STATE_KINDS and self.direction == "both":
            raise ValueError(f"{kind} happens once; give one direction")
        if kind in ANSWER_KINDS and "match" in given:
            raise ValueError(f"{kind} concerns no message; leave out `match`")
        unfit = given & {"frames", "match", "after", "duration"}
        if kind in HANDSHAKE_KINDS and unfit:
            raise ValueError(f"{kind} happens once; leave out {', '.join(sorted(unfit))}")

    @property
    def kind(self) -> FaultKind:
        """What goes wrong."""
        return next(kind for kind in FAULT_KINDS if kind in self.model_fields_set)

    @property
    def is_triggered(self) -> bool:
        """Whether it waits for a certain message; only said of what happens to a connection."""
        return bool(self.model_fields_set & {"frames", "probability", "match"})


class ScopedFault(Fault):
    """A fault, and whom it is for; default: all connections."""

    endpoint: str | None = Field(default=None, description="only at this endpoint of the mocks")
    group: str | None = Field(default=None, description="only while in this group")
    client: str | None = Field(default=None, description="only this client, by its id")

    @model_validator(mode="after")
    def _check_scope(self) -> "ScopedFault":
        if self.kind in HANDSHAKE_KINDS and self.model_fields_set & {"group", "client"}:
            raise ValueError(f"{self.kind} happens before there is a client; give an endpoint")
        return self
