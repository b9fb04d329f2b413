"""All verbs, as data. A new one needs an entry here, and a line in docs/command-line.md."""

from collections.abc import Mapping
from typing import get_args

from websocket_mock.actors.values.entries import Kind
from websocket_mock.scripts.control.values import (
    fault,
    json_object,
    json_or_text,
    text_or_input,
    written_document,
)
from websocket_mock.scripts.control.verb import HIDDEN, Columns, Flag, Verb

KINDS: tuple[str, ...] = (*get_args(Kind), "message", "http")
DETAILS = ("summary", "concise", "full")
PARTS = ("traffic", "faults", "mocks", "attempts", "state", "variables", "namespace")

WHOM = (
    Flag("--client", "id of one client; default: all", "target_client", names="client"),
    Flag("--group", "all clients of a group", "target_group"),
    Flag("--endpoint", "all clients of an endpoint", "target_endpoint", names="endpoint"),
)
SEED = Flag("--seed", "seed of all random choices", "seed", json_or_text, metavar="N")
DRY_RUN = Flag("--dry-run", "only check", "dry_run", const=True)


def conditions(argument: str) -> tuple[Flag, ...]:
    """Return the flags for conditions on entries of the traffic."""
    return (
        Flag(
            "--match",
            "all conditions as JSON, or @FILE; the flags below add to it",
            argument,
            json_object,
            metavar="JSON",
        ),
        Flag(
            "--kind",
            "message means text or binary, http all of HTTP",
            f"{argument}.kind",
            choices=KINDS,
        ),
        Flag(
            "--direction",
            "received from a client, or sent to it",
            f"{argument}.direction",
            choices=("received", "sent"),
        ),
        Flag("--endpoint", "name of an endpoint", f"{argument}.endpoint", names="endpoint"),
        Flag("--client", "id of a client", f"{argument}.client", names="client"),
    )


VERBS: tuple[Verb, ...] = (
    Verb(
        "status",
        "show the addresses, totals and health of the server",
        "status",
        "get_websocket_server_status",
    ),
    Verb(
        "clients",
        "list the connected clients",
        "clients --limit 10",
        "get_websocket_clients",
        (
            Flag("--limit", "clients per page, at most 100 (50)", "limit", json_or_text),
            Flag("--cursor", "next_cursor of the previous page", "cursor"),
        ),
        Columns(
            "clients",
            {
                "id": "id",
                "endpoint": "endpoint",
                "attempt": "attempt",
                "path": "path",
                "namespace": "namespace",
                "status": "connection_status",
                "received": "messages_received",
                "sent": "messages_sent",
                "connected": "connected_at",
            },
        ),
    ),
    Verb(
        "traffic",
        "show the traffic, or follow it",
        "traffic --follow --kind message --endpoint prices",
        "get_websocket_traffic",
        (
            Flag("--follow", "show new entries until Ctrl-C, one line for each", const=True),
            *conditions("match"),
            Flag(
                "--after",
                "only entries after this number; with --follow also start, or now (the default)",
                "after",
                json_or_text,
                metavar="N",
            ),
            Flag(
                "--limit",
                "most entries (50); with --follow it ends after so many",
                "limit",
                json_or_text,
                metavar="N",
            ),
            Flag("--newest", "the newest entries, not the oldest", "newest", const=True),
            Flag("--detail", "how much of each payload (concise)", "detail", choices=DETAILS),
            Flag("--seq", "number of one entry, to read it in full", "seq", json_or_text),
            Flag(
                "--payload-offset",
                "with --seq: first byte of the payload to read",
                "payload_offset",
                json_or_text,
            ),
        ),
        Columns("entries", {}),
        runs="following",
    ),
    Verb(
        "wait",
        "wait for an event; exit 1 if it does not happen",
        "wait --kind close --endpoint prices --after start --timeout 10",
        "wait_for_websocket_event",
        (
            *conditions("match"),
            Flag("--after", "now (default), start, or a number of an entry", "after", json_or_text),
            Flag(
                "--timeout",
                "seconds to wait, or such as 500ms; at most 300 (30)",
                "timeout",
                json_or_text,
            ),
            Flag("--quiet", "such as 2s: wait until nothing has matched for so long", "quiet"),
        ),
    ),
    Verb(
        "verify",
        "verify what happened; exit 1 if it does not hold",
        "verify --kind open --endpoint prices --at-least 1 --within 5",
        "verify_websocket_traffic",
        (
            *conditions("expect"),
            Flag("--exactly", "number of entries", "expect.exactly", json_or_text, metavar="N"),
            Flag("--at-least", "number of entries (1)", "expect.at_least", json_or_text),
            Flag("--at-most", "number of entries", "expect.at_most", json_or_text),
            Flag("--never", "no entry may match", "expect.never", const=True),
            Flag(
                "--spacing",
                "times between the entries as JSON: at_least, at_most (s), grows",
                "expect.spacing",
                json_object,
                metavar="JSON",
            ),
            Flag(
                "--sequence",
                'instead: {"entries": [conditions, …]} as JSON, or @FILE',
                "sequence",
                json_object,
                metavar="JSON",
            ),
            Flag("--after", "only entries after this number", "after", json_or_text, metavar="N"),
            Flag("--within", "seconds to wait until it holds (0)", "within", json_or_text),
            Flag("--ignore-strict", "ignore failed verdicts", "ignore_strict", const=True),
        ),
    ),
    Verb(
        "checks",
        "list the waits and verifications, and how they ended",
        "checks",
        "list_websocket_checks",
        table=Columns(
            "ended",
            {
                "verb": "verb",
                "status": "status",
                "namespace": "namespace",
                "conditions": "conditions",
                "result": "text",
                "nearest miss": "nearest_miss",
                "seconds": "seconds",
            },
        ),
    ),
    Verb(
        "push",
        "send a message to clients now",
        "push 'hello there' --endpoint prices",
        "send_websocket_message",
        (
            Flag("text", "a text message; - reads standard input", "text", text_or_input),
            Flag("--binary", "instead: a binary message as hex:… or base64:…", "binary"),
            Flag("--type", "instead: the type of a JSON message", "message_type"),
            Flag("--payload", "with --type: its payload, JSON or text", "payload", json_or_text),
            *WHOM,
        ),
    ),
    Verb(
        "close",
        "close the connections of clients",
        "close --endpoint prices --code 1012 --reason restart",
        "close_websocket_client",
        (
            *WHOM,
            Flag("--code", "the close code (1000)", "code", json_or_text),
            Flag("--reason", "at most 123 bytes", "reason"),
            Flag("--abort", "without a close frame", "abort", choices=("reset", "close")),
        ),
    ),
    Verb(
        "fault list",
        "list the faults in force; the default",
        "fault list",
        "set_websocket_faults",
        table=Columns(
            "faults",
            {
                "name": "name",
                "kind": "kind",
                "endpoint": "of_endpoint",
                "expires in s": "expires_in_seconds",
                "definition": "definition",
            },
        ),
    ),
    Verb(
        "fault set",
        "set faults on open and future connections",
        """fault set '{"latency": {"mean": "80ms"}, "name": "slow"}' --expires-after 30s""",
        "set_websocket_faults",
        (
            Flag(
                "faults",
                "a kind, a preset such as slow-3g, or a fault as JSON or @FILE",
                "faults",
                fault,
                metavar="FAULT",
                is_many=True,
                is_needed=True,
            ),
            Flag("--expires-after", "lifetime, such as 30s; default: no limit", "expires_after"),
            SEED,
        ),
    ),
    Verb(
        "fault clear",
        "clear faults by their names, or all",
        "fault clear slow",
        "set_websocket_faults",
        (
            Flag("names", "names of faults", "clear", metavar="NAME", names="fault", is_many=True),
            Flag("--all", "clear all, except those in mocks", "clear", const="all"),
        ),
    ),
    Verb(
        "mocks list",
        "list the programmed endpoints, or show one; the default",
        "mocks list prices",
        "list_websocket_mocks",
        (Flag("name", "one endpoint, with its definition", "name", names="endpoint"),),
        Columns(
            "endpoints",
            {
                "name": "name",
                "path": "path",
                "rules": "rules",
                "steps": "script_steps",
                "unmatched": "unmatched",
                "clients": "clients_connected",
                "fired": "fired",
            },
            whole="definition",
        ),
    ),
    Verb(
        "mocks set",
        "create or replace endpoints, from a YAML or JSON file",
        "mocks set prices.yaml",
        "set_websocket_mock",
        (
            Flag(
                "file",
                "one endpoint, a list, or `endpoints:` with several; - is standard input",
                "",
                written_document,
                metavar="FILE",
                names="file",
                is_needed=True,
            ),
            SEED,
            DRY_RUN,
        ),
        runs="setting_mocks",
    ),
    Verb(
        "mocks edit",
        "edit an endpoint in $EDITOR",
        "mocks edit prices",
        "set_websocket_mock",
        (Flag("name", "name of the endpoint", names="endpoint", is_needed=True), SEED),
        runs="editing",
    ),
    Verb(
        "mocks remove",
        "remove endpoints by their names",
        "mocks remove prices",
        "remove_websocket_mock",
        (
            Flag(
                "names",
                "names of endpoints",
                "names",
                metavar="NAME",
                names="endpoint",
                is_many=True,
                is_needed=True,
            ),
        ),
    ),
    Verb(
        "namespaces",
        "list the namespaces",
        "namespaces",
        "list_websocket_mocks",
        table=Columns("namespaces", {"namespace": ""}),
        keeps=("namespaces",),
    ),
    Verb(
        "explain",
        "explain which rule matches a message, and why others do not",
        "explain --endpoint prices 'hello there'",
        "explain_websocket_message",
        (
            Flag("text", "a text message to try; - reads standard input", "text", text_or_input),
            Flag("--binary", "instead: a binary message as hex:… or base64:…", "binary"),
            Flag("--seq", "instead: number of a message in the traffic", "seq", json_or_text),
            Flag("--endpoint", "name of the endpoint", "endpoint", names="endpoint"),
            Flag("--in-state", "state of the connection", "in_state", metavar="STATE"),
            Flag("--client", "instead of --endpoint: id of a client", "client", names="client"),
        ),
        Columns("rules", {"rule": "rule", "matches": "matches", "why": "why", "note": "note"}),
    ),
    Verb(
        "reset",
        "reset parts of the server",
        "reset traffic attempts state",
        "reset_websocket_server",
        (
            Flag(
                "what",
                "the parts: " + ", ".join(PARTS),
                "what",
                metavar="PART",
                choices=PARTS,
                is_many=True,
                is_needed=True,
            ),
        ),
    ),
    Verb(
        "call",
        "call any tool by its name",
        "call get_websocket_clients limit=10",
        flags=(
            Flag("tool", "name of the tool; default: list all tools", names="tool"),
            Flag(
                "arguments",
                "key=value, key:=JSON, key=@FILE; - or {…}: all as one JSON object",
                names="argument",
                metavar="key=value",
                is_many=True,
            ),
        ),
        runs="calling_any",
    ),
    Verb(
        "completion",
        "print the completion script of a shell",
        "completion bash",
        flags=(
            Flag("shell", "bash, zsh or fish", choices=("bash", "zsh", "fish"), is_needed=True),
            Flag("--complete", HIDDEN, metavar="LINE"),
        ),
        runs="completion",
        no_server=True,
    ),
)

GROUPS: Mapping[str, str] = {
    "fault": "list, set and clear faults",
    "mocks": "list, set, edit and remove programmed endpoints",
}
"""The first words of verbs of two words. Alone they mean their `list`."""


def summaries() -> dict[str, str]:
    """Return each first word of a verb with its line in the help."""
    words = [verb.name.partition(" ")[0] for verb in VERBS]
    found = {verb.name: verb.summary for verb in VERBS}
    return {word: GROUPS[word] if word in GROUPS else found[word] for word in words}
