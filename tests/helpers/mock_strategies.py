"""Hypothesis strategies: rule sets as a person might write them, and what a client might send."""

from typing import Any

from hypothesis import strategies as st

from websocket_mock.actors.conversation.core import Event, HandlerFailed, Lost, Opened
from websocket_mock.actors.values.inbound import (
    BinaryReceived,
    CloseReceived,
    PingReceived,
    PongReceived,
    ProtocolViolated,
    TextReceived,
)

Strategy = st.SearchStrategy[Any]

WORDS = st.sampled_from(["", "a", "b", "hello", "€", "12", "null", '{"a": 1}', "[1, 2]"])
JSON: Strategy = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from([1.5, 10**30]) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["a", "b", "{{ message.text }}"])
DURATIONS = st.sampled_from([0, 0.001, "10ms", "1s", 2])
LASTING = st.sampled_from([0.001, "10ms", "1s", 2])
TEMPLATES = st.sampled_from(
    [
        "plain",
        "{{ message.text }}",
        "{{ message.json.a }}",
        "{{ message }}",
        "{{ match.word }}",
        "{{ path.rest }}{{ query.x }}",
        "{{ state }}{{ attempt }}{{ repeat.index }}",
        "{{ vars }}",
        "{{ vars.a + 1 }}",
        "{{ counters.received / 0 }}",
        "{{ random.int(3, 1) }}{{ uuid() }}{{ now_iso() }}",
        "{{ random.choice([]) }}",
        "{% for one in message.json %}{{ one }}{% endfor %}",
        "{{ 'x' * 10 ** 9 }}",
        "{{ missing }}",
        "{{ uuid }}",
        "{{ client_vars.a }}{{ endpoint_vars }}{{ groups }}",
        "{{ replay }}{{ replay.first }}{{ replay.last + 1 }}",
        "{{ item }}",
        "{{ message.hex }}{{ message.bytes[0] }}",
        "{{ message.fields.a | hex }}{{ message.fields.b }}",
        "{{ match.json[1] }}",
        "{{ message.bytes | unpack('uint8') | pack('varint') | b64encode }}",
    ]
)
CONDITIONS = st.sampled_from(
    [
        "{{ message.json.a in vars.a }}",
        "{{ vars.a >= 2 and client_vars.a != endpoint_vars.a }}",
        "{{ 'x' + 1 }}",
        "{{ not item }}",
        "{{ counters.received is odd }}",
        "{{ [1] * 10 ** 9 }}",
    ]
)
NUMBERS = st.sampled_from(["{{ vars.a }}", "{{ message.json }}", "{{ 2 }}", "{{ -1 }}", "{{ no }}"])
OPERATIONS = st.sampled_from(["increment", "append", "remove", "default"])
BYTES = st.sampled_from(["hex:", "hex:00", "base64:AAEC"])
BINARY_TEMPLATES = st.sampled_from(
    ["hex:{{ message.hex }}", "{{ message.bytes }}", "{{ message.fields.a }}", "hex:{{ state }}"]
)
PACKET = {"at": 0, "as": "bytes", "length": "uint8"}
FIELDS: Strategy = st.tuples(
    st.fixed_dictionaries(
        {"at": st.integers(-2, 2), "as": st.just("bytes")},
        optional={"length": st.sampled_from([0, 1, "uint8", "varint"])},
    ),
    st.fixed_dictionaries(
        {"as": st.sampled_from(["uint8", "int16le", "float32", "varint", "text"])}
    ).flatmap(lambda field: st.sampled_from([{**field, "at": 0}, {**field, "after": "a"}])),
).map(lambda pair: {"a": pair[0], "b": pair[1], "c": PACKET})
"""The bytes `a`, `b`, which is something else, and `c`, at whose end a packet may end."""
SCHEMAS = st.sampled_from([True, False, {"type": "string"}, {"$ref": "#/nowhere"}, {"$ref": "#"}])
PATHS = st.sampled_from(["$", "$.a", "$..a", "$[*]", "$[?@.a > 1]", "$[?match(@, 'a.*')]"])


def tests_of(texts: Strategy) -> Strategy:
    """Matchers whose texts come from a strategy."""
    simple = st.one_of(
        JSON.filter(lambda value: not isinstance(value, dict | str)),
        texts,
        st.fixed_dictionaries({"equals": texts}),
        st.fixed_dictionaries({"contains": texts}),
        st.fixed_dictionaries({"starts_with": texts}, optional={"ends_with": texts}),
        st.sampled_from([{"matches": "(?P<word>.*)"}, {"matches": "^a|b$"}]),
        st.sampled_from(["less_than", "at_most", "at_least", "greater_than"]).flatmap(
            lambda name: st.fixed_dictionaries({name: st.integers(-3, 3) | st.just(0.5)})
        ),
        st.fixed_dictionaries({"one_of": st.lists(texts, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"present": st.booleans()}),
        st.fixed_dictionaries({"includes": JSON}),
        st.fixed_dictionaries({"schema": SCHEMAS}),
        st.fixed_dictionaries({"length": st.integers(0, 3)}),
    )
    return st.recursive(
        simple,
        lambda inner: st.one_of(
            st.fixed_dictionaries({"not": inner}),
            st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=2)}),
            st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=2)}),
        ),
        max_leaves=3,
    )


# Null says that something was forgotten, so no field of a match may be null.
MATCHERS = tests_of(WORDS).filter(lambda value: value is not None)
MATCHES: Strategy = st.fixed_dictionaries(
    {},
    optional={
        "text": MATCHERS,
        "json": MATCHERS | st.dictionaries(PATHS, MATCHERS, min_size=1, max_size=2),
        "binary": tests_of(BYTES).filter(lambda value: value is not None),
        "type": st.sampled_from(["text", "binary"]),
        "size": MATCHERS,
        "code": MATCHERS,
        "reason": MATCHERS,
        "fields": st.fixed_dictionaries(
            {},
            optional={"a": tests_of(BYTES).filter(lambda value: value is not None), "b": MATCHERS},
        ),
        "json_of": st.fixed_dictionaries(
            {"prefix": st.sampled_from(["[", "1", "h"])},
            optional={
                "suffix": st.sampled_from(["]", "o"]),
                "json": MATCHERS | st.dictionaries(PATHS, MATCHERS, min_size=1, max_size=2),
                "as": st.sampled_from(["json", "word"]),
            },
        ),
    },
)
"""They may name the fields of `FIELDS`."""
TARGETS = st.sampled_from(
    [
        "sender",
        "others",
        "all",
        {"group": "{{ state }}"},
        {"client": "{{ nope }}"},
        {"endpoint": "e"},
    ]
)
SENDS: Strategy = st.one_of(
    st.fixed_dictionaries({"missed": st.fixed_dictionaries({"after": NUMBERS | st.just(0)})}),
    st.fixed_dictionaries({"text": TEMPLATES, "number": NUMBERS | st.integers(0, 9)}),
    st.fixed_dictionaries({"text": TEMPLATES}, optional={"to": TARGETS, "template": st.booleans()}),
    st.fixed_dictionaries(
        {"json": JSON.map(lambda value: value) | st.dictionaries(WORDS, TEMPLATES, max_size=2)},
        optional={"to": TARGETS},
    ),
    st.fixed_dictionaries({"json": TEMPLATES}),
    st.fixed_dictionaries(
        {"text": TEMPLATES}, optional={"prefix": TEMPLATES, "suffix": st.just("\u001e")}
    ),
    st.fixed_dictionaries(
        {"binary": BYTES | BINARY_TEMPLATES},
        optional={"fragments": st.integers(1, 4), "compress": st.booleans()},
    ),
)
FRAMES: Strategy = st.one_of(
    st.fixed_dictionaries({"nth": st.integers(1, 4)}),
    st.fixed_dictionaries(
        {"every_nth": st.integers(1, 3)},
        optional={"after_times": st.integers(0, 2), "times": st.integers(1, 3)},
    ),
)
_FAULT_MATCHES = st.sampled_from(
    [
        {"text": {"contains": "a"}},
        {"text": {"not": "a"}},
        {"json": {"$.a": {"at_least": 1}}},
        {"json": {"schema": {"$ref": "#/nowhere"}}},
        {"type": "binary"},
        {"size": {"less_than": 3}},
    ]
)
_FAULT_OPTIONS: dict[str, Strategy] = {
    "name": st.sampled_from(["x", "y"]),
    "attempt": st.sampled_from([1, {"at_most": 1}, {"schema": {"$ref": "#/nowhere"}}]),
    "probability": st.sampled_from([0, 0.5, 1]),
}
_HIT_OPTIONS: dict[str, Strategy] = {
    **_FAULT_OPTIONS,
    "frames": FRAMES,
    "after": DURATIONS,
    "duration": LASTING,
}
_MESSAGE_OPTIONS: dict[str, Strategy] = {**_HIT_OPTIONS, "match": _FAULT_MATCHES}
_ONE_WAY = st.sampled_from(["to_client", "from_client"])
_BOTH_WAYS = st.sampled_from(["to_client", "from_client", "both"])
_TWO_WAY_FAULTS: dict[str, Strategy] = {
    "latency": st.fixed_dictionaries({"mean": DURATIONS}, optional={"jitter": DURATIONS}),
    "bandwidth": st.fixed_dictionaries({"rate": st.sampled_from([1, 10, "1KB"])}),
    "drop": st.just({}) | st.none(),
    "duplicate": st.fixed_dictionaries({}, optional={"copies": st.integers(1, 3)}),
    "reorder": st.fixed_dictionaries({}, optional={"by": st.integers(1, 3), "within": DURATIONS}),
    "corrupt": st.fixed_dictionaries({}, optional={"count": st.integers(1, 20)}),
    "truncate": st.fixed_dictionaries({}, optional={"to": st.integers(0, 3)}),
}
_ONE_WAY_FAULTS: dict[str, Strategy] = {
    "split": st.fixed_dictionaries({}, optional={"at": st.integers(1, 5), "pause": DURATIONS}),
    "drip": st.fixed_dictionaries({}, optional={"size": st.integers(1, 5)}),
    "invalid_utf8": st.just({}),
    "reserved_bit": st.fixed_dictionaries({}, optional={"bit": st.integers(1, 3)}),
    "reserved_opcode": st.just({}),
    "masked": st.just({}),
    "oversized_control": st.fixed_dictionaries(
        {}, optional={"opcode": st.sampled_from(["ping", "pong", "close"])}
    ),
    "fragmented_control": st.just({}),
    "raw": BYTES,
}


def _of_kind(kinds: dict[str, Strategy], options: dict[str, Strategy]) -> Strategy:
    return st.one_of(
        *(st.fixed_dictionaries({kind: one}, optional=options) for kind, one in kinds.items())
    )


def faults_with(scope: dict[str, Strategy]) -> Strategy:
    """Faults of an open connection, and whom they are for."""
    states = st.sampled_from(["stop_reading", "half_open", "reset", "hang_up"])
    times = {**scope, "name": st.sampled_from(["x", "y"]), "after": DURATIONS}
    times["duration"] = LASTING
    triggered = {**_FAULT_OPTIONS, **scope, **times, "match": _FAULT_MATCHES, "direction": _ONE_WAY}
    return st.one_of(
        st.sampled_from(["drop", "duplicate", "reorder", "drip", "no_pong", "masked"]),
        _of_kind(_TWO_WAY_FAULTS, {**_MESSAGE_OPTIONS, **scope, "direction": _BOTH_WAYS}),
        _of_kind(_ONE_WAY_FAULTS, {**_MESSAGE_OPTIONS, **scope}),
        _of_kind({"no_pong": st.just({}), "no_close_reply": st.just({})}, _HIT_OPTIONS | scope),
        states.flatmap(lambda kind: st.fixed_dictionaries({kind: st.just({})}, optional=times)),
        states.flatmap(
            lambda kind: st.fixed_dictionaries(
                {kind: st.just({}), "frames": FRAMES}, optional=triggered
            )
        ),
    )


FAULTS: Strategy = faults_with({})
"""Faults of an endpoint's connections, or of one."""

_OF_HANDSHAKES: Strategy = st.fixed_dictionaries(
    {"wrong_accept": st.just({})}, optional=_FAULT_OPTIONS
) | st.fixed_dictionaries(
    {"refuse": st.sampled_from([{}, {"status": 429}])}, optional=_FAULT_OPTIONS
)
_OF_TLS: Strategy = st.one_of(
    *(
        st.fixed_dictionaries({kind: parameters}, optional=_FAULT_OPTIONS)
        for kind, parameters in {
            "tls_certificate": st.fixed_dictionaries(
                {"problem": st.sampled_from(["expired", "wrong_host", "unknown_ca"])},
                optional={"server_name": st.just("a.test")},
            ),
            "tls_alert": st.sampled_from([{}, {"alert": "access_denied"}]),
            "tls_stall": st.just({}),
            "tls_abort": st.sampled_from([{}, {"by": "reset"}]),
            "no_close_notify": st.just({}),
        }.items()
    )
)
SCOPED_FAULTS: Strategy = (
    _OF_HANDSHAKES
    | _OF_TLS
    | faults_with(
        {
            "endpoint": st.sampled_from(["/mock", "e"]),
            "group": st.sampled_from(["", "live"]),
            "client": st.just("0badcafe"),
        }
    )
)
"""Faults of any connection."""


def with_names(faults: list[Any]) -> list[Any]:
    """The faults without those whose name another has."""
    taken: set[str] = set()
    kept = []
    for fault in faults:
        name = fault.get("name") if isinstance(fault, dict) else None
        if name is None or name not in taken:
            kept.append(fault)
            taken.add(name or "")
    return kept


FAULT_LISTS: Strategy = st.lists(FAULTS, max_size=4).map(with_names)

SIMPLE_ACTIONS: Strategy = st.one_of(
    st.fixed_dictionaries({"send": SENDS}),
    st.just("ignore"),
    st.fixed_dictionaries({"ping": st.just({"payload": "p"})}),
    st.fixed_dictionaries(
        {"close": st.fixed_dictionaries({}, optional={"reason": TEMPLATES, "code": NUMBERS})}
    ),
    st.fixed_dictionaries({"abort": st.sampled_from(["reset", "close"])}),
    st.fixed_dictionaries({"wait": DURATIONS | NUMBERS}),
    st.fixed_dictionaries({"state": st.sampled_from(["initial", "live"])}),
    st.fixed_dictionaries({"set": st.fixed_dictionaries({"a": TEMPLATES | st.integers(0, 3)})}),
    st.fixed_dictionaries(
        {
            "set": st.dictionaries(
                st.sampled_from(["a", "client_vars.a", "endpoint_vars.a"]),
                st.builds(
                    lambda key, value: {key: value},
                    OPERATIONS,
                    TEMPLATES.filter(lambda text: text != "plain"),
                ),
                min_size=1,
            )
        }
    ),
    st.fixed_dictionaries({"join": TEMPLATES}),
    st.fixed_dictionaries({"leave": TEMPLATES}),
    st.fixed_dictionaries({"identify": TEMPLATES}),
    st.fixed_dictionaries({"stop": NAMES}),
    st.fixed_dictionaries({"fault": FAULTS}),
)


def _nested(inner: Strategy) -> Strategy:
    lists = st.lists(inner, min_size=1, max_size=2)
    after = {"delay": DURATIONS, "do": lists}
    every = {
        "interval": st.sampled_from(["10ms", 1]) | NUMBERS,
        "count": st.integers(1, 3) | NUMBERS,
        "do": lists,
    }
    named = {"name": NAMES}
    jittery = {**named, "jitter": DURATIONS, "until": CONDITIONS, "then": lists}
    each = {"in": st.lists(JSON, max_size=3) | TEMPLATES, "do": lists}
    choose = {
        "from": st.dictionaries(NAMES, JSON, max_size=2),
        "by": NAMES | TEMPLATES | st.lists(NAMES, max_size=2),
        "do": lists,
    }
    otherwise = {"else": lists}
    return st.one_of(
        st.fixed_dictionaries({"after": st.fixed_dictionaries(after, optional=named)}),
        st.fixed_dictionaries({"every": st.fixed_dictionaries(every, optional=jittery)}),
        st.fixed_dictionaries({"for_each": st.fixed_dictionaries(each)}),
        st.fixed_dictionaries({"choose": st.fixed_dictionaries(choose, optional=otherwise)}),
        st.fixed_dictionaries({"when": CONDITIONS, "do": lists}, optional=otherwise),
    )


ACTIONS: Strategy = st.recursive(SIMPLE_ACTIONS, _nested, max_leaves=4)
_COMMON: dict[str, Strategy] = {
    "match": MATCHES,
    "state": st.sampled_from(["initial", "live", ["initial", "live"]]),
    "priority": st.integers(-1, 1),
    "times": st.integers(1, 2) | NUMBERS,
    "when": CONDITIONS,
    "after_times": st.integers(0, 2),
    "every_nth": st.integers(1, 2),
}
_DO = st.lists(ACTIONS, min_size=1, max_size=3)
RULES: Strategy = st.one_of(
    st.fixed_dictionaries(
        {
            "trigger": st.sampled_from(["connect", "message", "ping", "pong", "close", "end"]),
            "do": _DO,
        },
        optional=_COMMON,
    ),
    st.fixed_dictionaries(
        {"trigger": st.just("idle"), "after": st.sampled_from(["500ms", "1s"]), "do": _DO},
        optional=_COMMON,
    ),
    st.fixed_dictionaries(
        {"trigger": st.just("timer"), "after": st.sampled_from([0, "1s"]), "do": _DO},
        optional={**_COMMON, "interval": st.sampled_from(["300ms", 1])},
    ),
)
STEPS: Strategy = ACTIONS.filter(lambda one: isinstance(one, dict)) | st.fixed_dictionaries(
    {"expect": MATCHES}, optional={"within": DURATIONS | NUMBERS}
)
UNMATCHED = st.sampled_from(["ignore", "echo", "error", "builtin", "strict"])
CONTRACTS = st.sampled_from(
    [
        False,
        {"type": "string"},
        {"$ref": "#"},
        {"multipleOf": 0.5},
        {"oneOf": [{"required": ["a"]}, {"type": "array", "items": {"const": 1}}]},
    ]
)
SEPARATORS = st.sampled_from(["a", "l", ", "])
_OPTIONS = {
    "unmatched": UNMATCHED,
    "accepts": CONTRACTS,
    "sends": CONTRACTS,
    "split_by": SEPARATORS,
    "split_after": st.just("c"),
}
ENDPOINTS: Strategy = st.one_of(
    st.fixed_dictionaries(
        {"rules": st.lists(RULES, max_size=4), "fields": FIELDS},
        optional={**_OPTIONS, "faults": FAULT_LISTS},
    ),
    st.fixed_dictionaries(
        {"script": st.lists(STEPS, min_size=1, max_size=4), "fields": FIELDS}, optional=_OPTIONS
    ),
)

TEXTS = st.text(max_size=8) | WORDS
EVENTS: st.SearchStrategy[Event] = st.one_of(
    TEXTS.map(lambda text: TextReceived(text, len(text.encode()))),
    st.binary(max_size=4).map(BinaryReceived),
    st.binary(max_size=4).map(PingReceived),
    st.binary(max_size=4).map(PongReceived),
    st.builds(CloseReceived, st.sampled_from([1000, 1005, 4000]), TEXTS),
    st.just(ProtocolViolated(1002, "broken")),
    st.just(HandlerFailed(ValueError("a bug"))),
    st.builds(Lost, st.sampled_from([1000, 1006]), TEXTS),
    st.just(Opened()),
)
"""What may come; also in an order that no connection has."""
