"""The schema of faults: what goes wrong on purpose, when, and on which connections."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from annotated_types import Ge, Le
from pydantic import BeforeValidator, ConfigDict, Field, create_model, model_validator

from websocket_mock.actors.faults.kind import ConnectionFault, FaultKind, HandshakeFault, TlsFault
from websocket_mock.actors.faults.registry import KINDS
from websocket_mock.actors.matching.schema import Matcher, MessageMatch, Model
from websocket_mock.actors.matching.units import Count, Duration
from websocket_mock.actors.values.suggestions import nearest

Probability = Annotated[float, Ge(0), Le(1)]


class Frames(Model):
    """Which messages the fault hits. They are counted on each connection, from 1."""

    main_key = "nth"

    nth: Count | None = Field(default=None, description="only the message with this number")
    every_nth: Count = Field(default=1, description="only every n-th message")
    after_times: Annotated[int, Ge(0)] = Field(default=0, description="skip the first N messages")
    times: Count | None = Field(default=None, description="hit at most N messages")

    @model_validator(mode="after")
    def _check_given(self) -> "Frames":
        if not self.model_fields_set:
            raise ValueError("give nth, or some of every_nth, after_times and times")
        if self.nth is not None and len(self.model_fields_set) > 1:
            raise ValueError("`nth` stands alone; leave out every_nth, after_times and times")
        return self


def _known(word: str) -> str:
    kind = KINDS.get(word)
    if kind is None:
        hint = nearest(word, KINDS, f"there are: {', '.join(KINDS)}")
        raise ValueError(f"there is no fault {word!r}; {hint}")
    if kind.needs_parameters:
        needed = [f'"{name}": …' for name in kind.model_json_schema().get("required", ())]
        parameters = f"{{{', '.join(needed)}}}" if needed else "…"
        raise ValueError(f'{word} needs parameters; write {{"{word}": {parameters}}}')
    return word


def _allow_word(schema: dict[str, Any]) -> None:
    """Tell editors that a fault may be a word."""
    fault = dict(schema)
    schema.clear()
    words = [key for key, kind in KINDS.items() if not kind.needs_parameters]
    schema["anyOf"] = [{"enum": words}, fault]


def _parameters(kind: type[FaultKind]) -> Any:  # noqa: ANN401 - a type, for pydantic
    """Return the type of the value under a fault's key."""
    if kind.model_fields:
        return kind | None
    return Annotated[kind, BeforeValidator(_without_parameters)] | None


def _without_parameters(value: Any) -> Any:  # noqa: ANN401 - whatever the user wrote
    if value != {} and not isinstance(value, FaultKind):
        raise ValueError("takes no parameters; write {} or nothing after it")
    return value


class _WithName(Model):
    name: str | None = Field(
        default=None, min_length=1, description="its name in the journal; default: its kind"
    )


if TYPE_CHECKING:
    _WithKinds = _WithName
else:
    # The keys come from the registry, so a new fault needs no line here.
    _WithKinds = create_model(
        "_WithKinds",
        __base__=_WithName,
        **{
            key: (_parameters(kind), Field(default=None, description=kind.summary))
            for key, kind in KINDS.items()
        },
    )


class Fault(_WithKinds):
    """Something that goes wrong, of exactly one kind. A kind alone is short for `{kind: {}}`."""

    model_config = ConfigDict(json_schema_extra=_allow_word)

    bare_keys = KINDS

    direction: Literal["to_client", "from_client", "both"] = Field(
        default="to_client", description="the direction of the messages"
    )
    frames: Frames | None = Field(
        default=None, description="which messages it hits, by their number; default: all"
    )
    probability: Probability = Field(
        default=1.0, description="the probability that it hits each of them, from 0 to 1"
    )
    match: MessageMatch | None = Field(
        default=None, description="conditions on the messages it hits; default: all"
    )
    attempt: Matcher = Field(
        default=None, description="the number of the connection of the same client; default: any"
    )
    after: Duration = Field(
        default=0.0,
        description="the delay before it begins, after the connection opened or the fault was set",
    )
    duration: Duration | None = Field(
        default=None,
        description="how long it lasts, from its beginning or from the message it waits for; "
        "default: until the connection ends",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_word(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the user wrote
        if isinstance(value, str):
            return {_known(value): {}}
        if isinstance(value, dict) and value.get("kind") in KINDS:
            raise ValueError(f"the kind is a key of its own: write {{{value['kind']}: {{…}}}}")
        return value

    @model_validator(mode="after")
    def _check_kind(self) -> "Fault":
        given = [key for key in KINDS if key in self.model_fields_set]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(KINDS)}")
        self._check_options(given[0])
        if self.duration == 0:
            raise ValueError("give a `duration` above 0, or leave it out")
        return self

    def _check_options(self, key: str) -> None:
        given, kind = self.model_fields_set, KINDS[key]
        is_of_connection = issubclass(kind, ConnectionFault)
        is_two_way = kind.is_two_way or (is_of_connection and self.is_triggered)
        if "direction" in given and self.direction != "to_client" and not is_two_way:
            raise ValueError(f"{key} concerns what is sent to the client; leave out `direction`")
        if is_of_connection and self.direction == "both":
            raise ValueError(f"{key} happens once; give one direction")
        unfit = given & {"frames", "match", "after", "duration"}
        if issubclass(kind, HandshakeFault) and unfit:
            raise ValueError(f"{key} happens once; leave out {', '.join(sorted(unfit))}")
        if not kind.takes_match and "match" in given:
            raise ValueError(f"{key} concerns no message; leave out `match`")

    @property
    def kind(self) -> str:
        """The key of what goes wrong."""
        return next(key for key in KINDS if key in self.model_fields_set)

    @property
    def behaviour(self) -> FaultKind:
        """What goes wrong, with its parameters."""
        behaviour: FaultKind = getattr(self, self.kind)
        return behaviour

    @property
    def is_triggered(self) -> bool:
        """Whether it waits for a certain message. Only faults of the connection do."""
        return bool(self.model_fields_set & {"frames", "probability", "match"})


class TargetedFault(Fault):
    """A fault, and the connections it is for; default: all."""

    endpoint: str | None = Field(default=None, description="only at this endpoint of the mocks")
    group: str | None = Field(default=None, description="only while in this group")
    client: str | None = Field(default=None, description="only this client, by its id")

    @model_validator(mode="after")
    def _check_target(self) -> "TargetedFault":
        given = self.model_fields_set & {"endpoint", "group", "client"}
        if isinstance(self.behaviour, TlsFault) and given:
            raise ValueError(
                f"{self.kind} happens before the path is known; leave out {min(given)}"
            )
        is_of_handshake = isinstance(self.behaviour, HandshakeFault)
        if is_of_handshake and self.model_fields_set & {"group", "client"}:
            raise ValueError(f"{self.kind} happens before there is a client; give an endpoint")
        return self
