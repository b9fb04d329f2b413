"""Finds classes that are registered by standing in a module of a package: each has a key."""

import importlib
import pkgutil
from types import ModuleType
from typing import ClassVar, Protocol, TypeVar


class Keyed(Protocol):
    """Something that a person names by a key."""

    key: ClassVar[str]


K = TypeVar("K", bound=Keyed)


class BadRegistration(Exception):
    """Raised when the modules of a package are not as they must be; the text says what is wrong."""


def find_keyed(package: ModuleType, base: type[K]) -> dict[str, type[K]]:
    """Return the classes with a key in the modules of a package, by their keys.

    Args:
        package: what stands in the packages below it is not looked at.
        base: what the classes derive from.

    Raises:
        BadRegistration: two classes have the same key, or a module has no class with a key.
    """
    found: dict[str, type[K]] = {}
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        own = _defined_in(importlib.import_module(module.name), base)
        if not own:
            raise BadRegistration(f"{module.name} has no class with a key")
        for one in own:
            if one.key in found:
                raise BadRegistration(f"{module.name}: there is a class for {one.key!r} already")
            found[one.key] = one
    return found


def _defined_in(module: ModuleType, base: type[K]) -> list[type[K]]:
    return [
        one
        for one in vars(module).values()
        if isinstance(one, type)
        and issubclass(one, base)
        and "key" in vars(one)
        and one.__module__ == module.__name__
    ]
