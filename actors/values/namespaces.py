"""Names of namespaces, their place in a path, and the scope of questions. Pure; any thread.

A namespace is a path prefix, ``/ns/NAME``, with its own endpoints, clients and traffic. The rest of
the path means the same in each namespace. None stands for everything outside namespaces.
"""

import re
import reprlib

MAX_NAMESPACES = 1_000
"""The most namespaces. One more is refused until another expires or is removed."""

EVERY_NAMESPACE = "*"
"""The scope that covers everything, in and outside namespaces. No namespace has this name."""

NAME_PATTERN = "[A-Za-z0-9_.-]{1,64}"
"""The names that a namespace may have, as a regular expression."""

Scope = str | None
"""What a question covers: the name of a namespace, None, or `EVERY_NAMESPACE`."""

_PREFIX = "/ns/"
_NAME = re.compile(NAME_PATTERN)


class BadNamespace(ValueError):
    """Raised for a name that is not allowed; the text says what is allowed."""


class TooManyNamespaces(Exception):
    """Raised when there would be more than `MAX_NAMESPACES`; the text says what to do."""


def covers(scope: Scope, namespace: str | None) -> bool:
    """Return whether a scope covers a namespace."""
    return scope in (namespace, EVERY_NAMESPACE)


def check_name(name: str) -> None:
    """Check the name of a namespace.

    Raises:
        BadNamespace: it is not allowed.
    """
    if _NAME.fullmatch(name) is None:
        raise BadNamespace(
            f"{reprlib.repr(name)} is not a name of a namespace: give 1 to 64 of the characters "
            "A-Z, a-z, 0-9, '_', '.' and '-'"
        )


def split_namespace(path: str) -> tuple[str | None, str]:
    """Return the namespace of a path, and the path in it, which is at least ``/``.

    A path below ``/ns/`` without a valid name of a namespace is an ordinary path.
    """
    if not path.startswith(_PREFIX):
        return None, path
    name, slash, rest = path.removeprefix(_PREFIX).partition("/")
    if _NAME.fullmatch(name) is None:
        return None, path
    return name, slash + rest or "/"


def prefix_of(name: str | None) -> str:
    """Return the prefix of the paths of a namespace; empty outside namespaces."""
    return "" if name is None else _PREFIX + name
