"""Names of namespaces, their place in a path, and how far a question reaches. Pure; any thread.

A namespace is a path prefix, ``/ns/NAME``. It has endpoints, clients and traffic of its own; the
rest of the path means the same in each of them. None is what is outside of any.
"""

import re
import reprlib

MAX_NAMESPACES = 1_000
"""Namespaces at once; one more is refused until another has expired or is removed."""

EVERY_NAMESPACE = "*"
"""The scope of all namespaces, and of what is outside of any. No namespace can have this name."""

Scope = str | None
"""How far a question reaches: the name of a namespace, None, or `EVERY_NAMESPACE`."""

_PREFIX = "/ns/"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class BadNamespace(ValueError):
    """Raised for a name that no namespace can have; the text says what is allowed."""


class TooManyNamespaces(Exception):
    """Raised when there would be more than `MAX_NAMESPACES`; the text says what to do."""


def covers(scope: Scope, namespace: str | None) -> bool:
    """Tell whether a scope reaches a namespace."""
    return scope in (namespace, EVERY_NAMESPACE)


def check_name(name: str) -> None:
    """Check the name of a namespace.

    Raises:
        BadNamespace: it is none.
    """
    if _NAME.fullmatch(name) is None:
        raise BadNamespace(
            f"{reprlib.repr(name)} is no name of a namespace: give 1 to 64 of the characters "
            "A-Z, a-z, 0-9, '_', '.' and '-'"
        )


def split_namespace(path: str) -> tuple[str | None, str]:
    """Return the namespace of a path, and the path in it; ``/`` where nothing is left of it.

    What is below ``/ns/`` without the name of a namespace is an ordinary path.
    """
    if not path.startswith(_PREFIX):
        return None, path
    name, slash, rest = path.removeprefix(_PREFIX).partition("/")
    if _NAME.fullmatch(name) is None:
        return None, path
    return name, slash + rest or "/"


def prefix_of(name: str | None) -> str:
    """Return what stands before the paths of a namespace; nothing outside of any."""
    return "" if name is None else _PREFIX + name
