"""Masks credentials in headers, cookies, queries and payloads before they leave the process."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from websocket_mock.actors.values.entries import JournalEntry

MASK = "***"

HEADERS = (
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
)

PARAMETERS = (
    "access_token",
    "api_key",
    "apikey",
    "auth",
    "auth_token",
    "client_secret",
    "id_token",
    "jwt",
    "key",
    "password",
    "refresh_token",
    "secret",
    "sig",
    "signature",
    "ticket",
    "token",
)
"""Query parameters that hold credentials. A hyphen counts as an underscore."""


_PARAMETER = re.compile(r"([?&]([^=&#\s]+)=)[^&#\s]*")
"""A parameter in the query of an address (RFC 3986 section 3.4): its beginning, name and value."""

_CONDITION = re.compile(r"when: \{\{.*?\}\} (is false|fails)", re.DOTALL)
"""The beginning of why a condition does not hold; the values that it saw follow."""

_NAMED = re.compile(r"\b(?:query|form)\.([^:\s]+): ", re.IGNORECASE)
"""A query parameter, or a field of a form, that does not match."""

_INVALID = re.compile(r".*?not valid at \$[^:]*: ", re.DOTALL)
"""Where a value is not valid under a JSON Schema, in the reason of a matcher."""

_PLACE = re.compile(r"(?:accepts: |sends: )?\$[^:]*: ")
"""Where a message breaks a contract, in a text about that."""


class Redaction:
    """Masks the values of fields by their names, in any case. Immutable; any thread.

    Args:
        fields: names of more headers, query parameters and JSON fields to mask.
    """

    def __init__(self, fields: Collection[str] = ()) -> None:
        self._names = frozenset(name.lower() for name in (*HEADERS, *fields))
        self._parameters = frozenset(map(_same, (*self._names, *PARAMETERS)))
        self._in_payloads = bool(fields)

    def details(self, entry: JournalEntry) -> dict[str, Any]:
        """Return the details of an entry, masked at any depth."""
        masked: dict[str, Any] = self._mask(dict(entry.details))
        if isinstance(query := masked.get("query"), Mapping):
            masked["query"] = {
                name: MASK if self.masks(name) else value for name, value in query.items()
            }
        if isinstance(headers := masked.get("headers"), Mapping):
            masked["headers"] = {name: self._in_url(value) for name, value in headers.items()}
        if entry.kind in ("verdict", "response") and isinstance(text := masked.get("text"), str):
            is_breach = "contract" in masked
            masked["text"] = self.breach(text) if is_breach else self.reason(text)
        return masked

    def values(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return values by their names, with those of masked names masked at any depth."""
        masked: dict[str, Any] = self._mask(values)
        return masked

    def text(self, text: str, *, is_whole: bool = True) -> str:
        """Return a text message. If it is JSON, its masked fields are masked.

        A message that was cut cannot be parsed: it is masked as a whole if it names a field.
        """
        if not self._in_payloads:
            return text
        if not is_whole and self._names_something(text):
            return MASK
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        masked = self._mask(value)
        return text if masked == value else _written(masked)

    def form(self, text: str) -> str:
        """Return the fields of a form, with the values of masked parameters masked."""
        masked: str = self._in_url(f"&{text}")
        return masked[1:]

    def reason(self, why: str) -> str:
        """Return why something did not match, without the values of masked fields."""
        is_parameter = any(self.masks(name) for name in _NAMED.findall(why))
        if not is_parameter and not self._names_something(why):
            return why
        condition = _CONDITION.search(why)
        if condition is not None:
            return f"{why[: condition.end()]}; {MASK}"
        invalid = _INVALID.match(why)
        if invalid is not None:
            return f"{invalid[0]}{MASK}"
        return f"{why.partition(', got ')[0]}, got {MASK}"

    def breach(self, why: str) -> str:
        """Return how a message breaks a contract; if it names a masked field, only where."""
        if not self._names_something(why):
            return why
        # A key in the place may have a colon, too. Then more is masked.
        found = _PLACE.match(why)
        return MASK if found is None else f"{found[0]}{MASK}"

    def masks(self, name: str) -> bool:
        """Return whether the values of a header or a query parameter are masked."""
        return _same(name) in self._parameters

    def _in_url(self, value: Any) -> Any:  # noqa: ANN401 - of a header, as it was recorded
        """Mask the query of an address in a header such as `Referer`."""
        if not isinstance(value, str):
            return value
        return _PARAMETER.sub(
            lambda found: found[1] + MASK if self.masks(found[2]) else found[0], value
        )

    def _names_something(self, text: str) -> bool:
        lowered = text.lower()
        return any(name in lowered for name in self._names)

    def _mask(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        if isinstance(value, Mapping):
            return {
                key: MASK if str(key).lower() in self._names else self._mask(item)
                for key, item in value.items()
            }
        return [self._mask(item) for item in value] if isinstance(value, list) else value


def _written(value: Any) -> str:  # noqa: ANN401 - any JSON value
    text = json.dumps(value, ensure_ascii=False)
    # Half of a surrogate pair must stay an escape, as it was.
    return json.dumps(value) if _HALVES.search(text) else text


_HALVES = re.compile("[\ud800-\udfff]")


def _same(name: str) -> str:
    return name.lower().replace("-", "_")
