"""The schema of conditions: what a person may write under `match`."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

JsonScalar = str | int | float | bool | None


NOT_TEXT = "half of a surrogate pair is not text; leave it out"


def _check_unicode(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(NOT_TEXT) from None
    return text


Name = Annotated[str, AfterValidator(_check_unicode)]
"""A text that can be written as UTF-8, as logs and results must."""


class Model(BaseModel):
    """A part of a document: immutable, strict, and without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    null_keys: ClassVar[Collection[str]] = ()
    """The keys whose value may be null. Under any other key null means that a value is missing."""

    bare_keys: ClassVar[Collection[str]] = ()
    """The keys that may stand without a value, as in `drop:`; their value is {}."""

    foreign_keys: ClassVar[Mapping[str, str]] = {}
    """Keys that other tools use, with ours of the same meaning, for hints."""

    main_key: ClassVar[str | None] = None
    """For hints: the key of a value that stands alone; None: the only key, or the one needed."""

    @model_validator(mode="before")
    @classmethod
    def _read_nothing(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the user wrote
        """Give bare keys their value, and refuse any other key without one."""
        if not isinstance(value, dict):
            return value
        bare = [key for key in cls.bare_keys if value.get(key, key) is None]
        value = {**value, **{key: {} for key in bare}} if bare else value
        for name, field in cls.model_fields.items():
            key = field.alias or name
            if key not in cls.null_keys and value.get(key, key) is None:
                raise ValueError(f"{key!r} has no value")
        return value


def _refuse_block(_name: str) -> str:
    # Blocks are expanded before validation, so nothing stands for a name that is left over.
    raise ValueError("named blocks can be used in mocks files only; write out what it stands for")


BlockName = Annotated[str, AfterValidator(_refuse_block)]
"""The name of a block of the document. None is left when a document has been expanded."""


def _kind_of_matcher(value: Any) -> str:  # noqa: ANN401 - whatever the user wrote
    return "tests" if isinstance(value, dict | BaseModel) else "value"


class Tests(Model):
    """Named tests of one value. All that are given must hold."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    __test__ = False  # not a test case, despite its name

    null_keys = ("equals", "contains", "includes", "not", "length")
    foreign_keys: ClassVar[Mapping[str, str]] = {
        "eq": "equals",
        "exists": "present",
        "gt": "greater_than",
        "gte": "at_least",
        "in": "one_of",
        "lt": "less_than",
        "lte": "at_most",
        "max": "at_most",
        "min": "at_least",
        "pattern": "matches",
        "prefix": "starts_with",
        "re": "matches",
        "regex": "matches",
        "regexp": "matches",
        "suffix": "ends_with",
    }

    equals: Any = Field(default=None, description="the same value; JSON numbers compare by value")
    contains: Any = Field(default=None, description="text with this part, or a list with this item")
    starts_with: str | None = Field(default=None, description="text or bytes that start with this")
    ends_with: str | None = Field(default=None, description="text or bytes that end with this")
    matches: str | None = Field(
        default=None,
        description="text in which this regular expression (RE2) is found; templates "
        "see its named groups as `match.NAME`",
    )
    less_than: float | None = Field(default=None, description="a number below this one")
    at_most: float | None = Field(default=None, description="a number up to this one")
    at_least: float | None = Field(default=None, description="a number from this one up")
    greater_than: float | None = Field(default=None, description="a number above this one")
    one_of: list[Any] | None = Field(
        default=None, min_length=1, description="equal to one of these values"
    )
    present: bool | None = Field(
        default=None, description="true: there is a value, null included; false: there is none"
    )
    includes: Any = Field(
        default=None, description="JSON that has at least these keys and items, at any depth"
    )
    json_schema: dict[str, Any] | bool | None = Field(
        default=None, alias="schema", description="JSON that is valid under this JSON Schema"
    )
    length: "Matcher | None" = Field(
        default=None, description="the length of a text, list, object or bytes matches this"
    )
    not_: "Matcher | None" = Field(default=None, alias="not", description="does not match this")
    all_: "list[Matcher] | None" = Field(
        default=None, alias="all", min_length=1, description="matches all of these"
    )
    any_: "list[Matcher] | None" = Field(
        default=None, alias="any", min_length=1, description="matches at least one of these"
    )

    @model_validator(mode="after")
    def _check_given(self) -> "Tests":
        if not self.model_fields_set:
            raise ValueError(
                "give at least one test, such as equals, contains or matches; "
                "for an empty object write {equals: {}}"
            )
        return self

    def given(self) -> dict[str, Any]:
        """Return the tests that were given, by the names a person writes."""
        fields = type(self).model_fields
        return {
            fields[name].alias or name: getattr(self, name)
            for name in fields
            if name in self.model_fields_set
        }


Matcher = Annotated[
    Annotated[JsonScalar | list[Any], Tag("value")] | Annotated[Tests, Tag("tests")],
    Discriminator(_kind_of_matcher),
]
"""A plain value, which means `equals`, or named tests."""

# Resolves its forward references, so that its fields have types.
Tests.model_rebuild()


def _kind_of_json_match(value: Any) -> str:  # noqa: ANN401 - whatever the user wrote
    is_paths = isinstance(value, dict) and value and all(str(key).startswith("$") for key in value)
    return "paths" if is_paths else "whole"


JsonMatch = Annotated[
    Annotated[dict[str, Matcher], Tag("paths")] | Annotated[Matcher, Tag("whole")],
    Discriminator(_kind_of_json_match),
]
"""JSONPath queries (RFC 9535) with a matcher each, or one matcher for the whole value."""


class JsonOf(Model):
    """JSON that is a part of a text. It has at least one of prefix, suffix and group."""

    null_keys = ("json",)
    foreign_keys: ClassVar[Mapping[str, str]] = {"name": "as", "starts_with": "prefix"}

    prefix: str | None = Field(default=None, min_length=1, description="what stands before it")
    suffix: str | None = Field(default=None, min_length=1, description="what stands behind it")
    group: str | None = Field(
        default=None,
        description="the named group of a regular expression of the same match; the JSON is in "
        "what it captured instead of the whole text",
    )
    json_: JsonMatch = Field(
        default=None, alias="json", description="conditions on the JSON; default: any"
    )
    as_: str = Field(
        default="json",
        alias="as",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="the name by which templates see the value, as `match.NAME`",
    )

    @model_validator(mode="after")
    def _check_place(self) -> "JsonOf":
        if not self.model_fields_set & {"prefix", "suffix", "group"}:
            raise ValueError("give prefix, suffix or group; for the whole text use `json`")
        return self


class MessageMatch(Model):
    """Conditions on a message, ping, pong or close frame. All that are given must hold."""

    null_keys = ("json",)

    use: BlockName | None = Field(
        default=None,
        description="the name of a block of `matchers` whose conditions must hold as well",
    )
    text: Matcher = Field(default=None, description="the content of a text message")
    json_: JsonMatch = Field(default=None, alias="json", description="the text, read as JSON")
    json_of: JsonOf | None = Field(default=None, description="JSON that is a part of the text")
    binary: Matcher = Field(
        default=None,
        description="the bytes of a binary message, ping or pong, written as hex:… or base64:…",
    )
    fields: dict[str, Matcher] = Field(
        default_factory=dict,
        description="the fields of a binary message, ping or pong, by their names in the `fields` "
        "of the endpoint; bytes are written as hex:… or base64:…",
    )
    type: Literal["text", "binary"] | None = Field(default=None, description="the kind of message")
    size: Matcher = Field(default=None, description="the size of the payload in bytes")
    code: Matcher = Field(default=None, description="the code of a close frame")
    reason: Matcher = Field(default=None, description="the reason of a close frame")


class HandshakeMatch(Model):
    """Conditions on the opening handshake. All that are given must hold."""

    path: Matcher = Field(default=None, description="the path, without the prefix of a namespace")
    query: dict[str, Matcher] = Field(
        default_factory=dict, description="query parameters, by their names"
    )
    headers: dict[str, Matcher] = Field(
        default_factory=dict,
        description="headers, by their names in any case; several values of one are "
        "joined by a comma",
    )
    cookies: dict[str, Matcher] = Field(default_factory=dict, description="cookies, by their names")
    origin: Matcher = Field(default=None, description="the Origin header")
    subprotocols: Matcher = Field(
        default=None, description="the list of subprotocols that the client offers"
    )
    remote_address: Matcher = Field(
        default=None, description="the IP address of the client, without the port"
    )
    attempt: Matcher = Field(
        default=None, description="the number of this connection of the same client, from 1"
    )
    server_name: Matcher = Field(
        default=None, description="the host name that a TLS client wants (SNI)"
    )
    client_certificate: Matcher = Field(
        default=None,
        description="the subject of the client's TLS certificate, such as CN=alice,O=Example",
    )


class HttpMatch(HandshakeMatch):
    """Conditions on an HTTP request, its body included. All that are given must hold."""

    null_keys = ("json",)

    method: Matcher = Field(default=None, description="the method, such as GET, in capitals")
    form: dict[str, Matcher] = Field(
        default_factory=dict,
        description="the fields of a body that is application/x-www-form-urlencoded, by their "
        "names",
    )
    text: Matcher = Field(default=None, description="the body as text")
    json_: JsonMatch = Field(default=None, alias="json", description="the body, read as JSON")
    binary: Matcher = Field(
        default=None,
        description="the bytes of a body that is no text, written as hex:… or base64:…",
    )
    size: Matcher = Field(default=None, description="the size of the body in bytes")
