"""A dataclass that the type checker takes for frozen, and that is made as fast as any other.

The constructor of a frozen dataclass sets each field with `object.__setattr__`. That takes more
than twice as long (0.31 µs instead of 0.13 µs for two fields), and a message makes several objects.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, dataclass_transform

T = TypeVar("T")

if TYPE_CHECKING:

    @dataclass_transform(frozen_default=True)
    def immutable(cls: type[T]) -> type[T]:
        """Make a class a dataclass with slots, whose instances may be compared and hashed.

        Nobody may set a field after the construction. The type checker refuses it, so nothing
        checks it at run time.
        """

else:
    immutable = dataclass(slots=True, unsafe_hash=True)
