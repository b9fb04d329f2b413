"""Makes the rules of an endpoint: what it answers, and what it sends without being asked."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from websocket_mock.scripts.importing.asyncapi.answers import Answers
from websocket_mock.scripts.importing.asyncapi.model import (
    Description,
    Message,
    Operation,
    Reply,
)
from websocket_mock.scripts.importing.asyncapi.telling_apart import Recognised, tell_apart
from websocket_mock.scripts.importing.draft import Part

MAX_UNASKED = 10
"""The most messages that are sent without being asked; more are there as comments."""

ON_CONNECT = "on connect"
"""The name of the rule that sends them."""

INTERVAL = "1s"
SIMILAR = 0.4
"""How similar the names of two messages must be for one to be taken for the answer."""


class Exchange:
    """What goes both ways at one endpoint."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations
        self.requests = [
            (message, one) for one in operations if one.is_from_client for message in one.messages
        ]
        self.received = _distinct(message for message, _ in self.requests)
        offered = (m for one in operations if not one.is_from_client for m in one.messages)
        replies = (
            m
            for one in operations
            if one.is_from_client and one.reply is not None and one.reply.channel is None
            for m in one.reply.messages
        )
        extras = (m for message in self.received for m in message.answers)
        self.offered = _distinct(offered)
        """What the application sends by operations of its own."""
        self.sent = _distinct((*self.offered, *replies, *extras))


def _distinct(messages: Sequence[Message] | Iterator[Message]) -> list[Message]:
    """Return the messages without those that occurred before.

    Two operations may have the same message, which was read twice.
    """
    found: list[Message] = []
    for one in messages:
        if one not in found:
            found.append(one)
    return found


class Conversation:
    """Makes rules.

    Args:
        description: what is described.
        seed: the seed of what is generated.
        endpoints: the names of the endpoints by those of the channels.
    """

    def __init__(self, description: Description, seed: str, endpoints: Mapping[str, str]) -> None:
        self._description, self._endpoints = description, endpoints
        self._answers = Answers(description.definitions, seed)
        self._told: set[str] = set()
        """What comments have said already; nothing is said of a message twice."""

    @property
    def breaking(self) -> list[str]:
        """The messages that do not conform to their own schemas, among those asked for so far."""
        return self._answers.breaking

    def rules(self, exchange: Exchange, endpoint: str) -> tuple[list[Part], list[str]]:
        """Return the rules of an endpoint, and comments on it as a whole."""
        recognised = tell_apart(exchange.received, self._description.definitions)
        rules: list[Part] = []
        notes = [note for one in exchange.operations for note in one.notes]
        used: list[Message] = []
        for one in recognised:
            if one.twin is not None:
                notes.append(
                    f"{one.message.name} cannot be told from {one.twin.name}, so it has no rule."
                )
                continue
            reply, why = self._reply(one.message, exchange)
            used += () if reply is None else reply.messages
            about = next(
                each.summary for message, each in exchange.requests if message == one.message
            )
            rules.append(self._rule(one, reply, one.message.summary or about, why, endpoint))
        unasked = [one for one in exchange.offered if one not in used]
        first = self._unasked(unasked, is_feed=not exchange.received)
        names: set[str] = set()
        for each in (*first, *rules):
            each.body["name"] = _unused(each.body["name"], names)
        return [*first, *rules], notes

    # --- answers ------------------------------------------------------------------------------

    def _reply(self, message: Message, exchange: Exchange) -> tuple[Reply | None, str]:
        """Return what answers a message, and how that is known if the document does not say it."""
        for one, operation in exchange.requests:
            if one == message and operation.reply is not None and operation.reply.messages:
                return operation.reply, ""
        if message.answers:
            return Reply(message.answers), ""
        correlated = [one for one in exchange.offered if one.correlation is not None]
        if message.correlation is not None and correlated:
            best = _most_similar(message, correlated) or correlated[0]
            return Reply((best,)), "The answer was found by the correlation id."
        if self._description.says_answers or not exchange.offered:
            return None, ""
        best = _most_similar(message, exchange.offered) or exchange.offered[0]
        return Reply((best,)), "The document does not say what the answer is. This is a guess."

    def _rule(
        self, one: Recognised, reply: Reply | None, summary: str, why: str, endpoint: str
    ) -> Part:
        message = one.message
        body: dict[str, Any] = {"name": message.name}
        if one.match:
            body["match"] = one.match
        comments = [summary, *self._new(message.notes), why]
        others: list[dict[str, Any]] = []
        if reply is None:
            body["do"] = ["ignore"]
            comments.append("The document has no answer to it.")
        else:
            actions, notes = self._actions(reply, message, endpoint)
            body["do"], others = actions[:1], actions[1:]
            comments += notes
        return Part(body, [text for text in comments if text], others)

    def _actions(
        self, reply: Reply, request: Message, endpoint: str
    ) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the action that answers, and the ones that could answer as well."""
        to = self._endpoints.get(reply.channel or "")
        to = None if to == endpoint else to
        actions, notes = [], []
        for message in reply.messages:
            for payload in self._answers.payloads(message):
                action = self._answers.send(message, payload, to, request)
                if action not in actions:
                    actions.append(action)
                notes += self._new((*message.notes, *payload.notes))
        if to is not None:
            notes.append(f"The answer goes to all clients of {to}, as the document says.")
        if len(actions) > 1:
            notes.append("Only the first answer is sent. The other ones are there to choose from.")
        return actions, notes

    def _new(self, notes: Sequence[str]) -> list[str]:
        """Return the comments that have not been made before."""
        new = [one for one in dict.fromkeys(notes) if one not in self._told]
        self._told.update(new)
        return new

    # --- what is sent without being asked -----------------------------------------------------

    def _unasked(self, messages: Sequence[Message], *, is_feed: bool) -> list[Part]:
        """Return the rule that sends messages without being asked, if there are any."""
        if not messages:
            return []
        actions: list[dict[str, Any]] = []
        comments = []
        for message in messages:
            payloads = self._answers.payloads(message)
            for payload in payloads if is_feed else payloads[:1]:
                actions.append(self._answers.send(message, payload, None))
                comments += self._new(payload.notes)
            comments += [f"{message.name}: {message.summary}"] if message.summary else []
            comments += self._new(message.notes)
        sent, others = actions[:MAX_UNASKED], actions[MAX_UNASKED:]
        if is_feed:
            when = (
                f"The document does not say when these messages are sent. Here: every {INTERVAL}."
            )
            body: list[dict[str, Any]] = [{"every": {"interval": INTERVAL, "do": sent}}]
        else:
            when = "The document does not say when these messages are sent. Here: at the beginning."
            body = sent
        if others:
            comments.append(f"Only the first {MAX_UNASKED} are sent; add the others if need be.")
        return [
            Part({"name": ON_CONNECT, "trigger": "connect", "do": body}, [when, *comments], others)
        ]


def _unused(name: str, names: set[str]) -> str:
    """Return a name that is not among the names yet, and add it."""
    unused, number = name, 1
    while unused in names:
        number += 1
        unused = f"{name} {number}"
    names.add(unused)
    return unused


def _most_similar(message: Message, others: Sequence[Message]) -> Message | None:
    """Return the message with the most similar name, if it is similar."""
    by_name = {one.name.lower(): one for one in reversed(others)}
    near = get_close_matches(message.name.lower(), by_name, n=1, cutoff=SIMILAR)
    return by_name[near[0]] if near else None
