"""Makes texts that a simple regular expression matches.

Own code, because the libraries for it (rstr, exrex) use private modules of Python and have not
been released for years. It knows literals, classes, groups, alternatives and quantifiers.
"""

import re
import string
from random import Random

from websocket_mock.actors.matching.regex import compile_pattern

MAX_REPEATS = 3
"""How often something is repeated that has no upper limit, beyond its lower one."""

MAX_COUNT = 100
"""The most repetitions that a pattern may ask for."""

_CLASSES = {
    "d": string.digits,
    "w": string.ascii_lowercase + string.digits,
    "s": " ",
    "D": string.ascii_lowercase,
    "W": "-",
    "S": string.ascii_lowercase,
}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}
_PRINTABLE = string.ascii_letters + string.digits + "-_ .:/@#+"
_QUANTIFIER = re.compile(r"([*+?])|\{(\d+)(,(\d*))?\}")
_GROUP = re.compile(r"\((?:\?(?:P?<\w+>|:))?")


class TooHard(Exception):
    """Raised for a pattern that is not simple enough."""


def text_like(pattern: str, random: Random) -> str | None:
    """Return a text in which a pattern is found, or None if the pattern is too hard."""
    try:
        made = _Maker(pattern, random).make()
    except (TooHard, RecursionError):
        return None
    return made if compile_pattern(pattern).search(made) else None


class _Maker:
    """Reads a pattern from left to right and makes a text of it."""

    def __init__(self, pattern: str, random: Random) -> None:
        self._pattern, self._random, self._at = pattern, random, 0

    def make(self) -> str:
        made = self._alternatives()
        if self._at < len(self._pattern):
            raise TooHard
        return made

    def _alternatives(self) -> str:
        made = [self._sequence()]
        while self._take("|"):
            made.append(self._sequence())
        return self._random.choice(made)

    def _sequence(self) -> str:
        parts = []
        while self._at < len(self._pattern) and self._pattern[self._at] not in "|)":
            begin = self._at
            made = self._atom()
            lowest, highest = self._quantifier()
            count = self._random.randint(lowest, highest)
            parts.extend([made] if count else [])
            end = self._at
            for _ in range(count - 1):  # make it anew, so that it varies
                self._at = begin
                parts.append(self._atom())
            self._at = end
        return "".join(parts)

    def _quantifier(self) -> tuple[int, int]:
        found = _QUANTIFIER.match(self._pattern, self._at)
        if found is None:
            return 1, 1
        self._at = found.end()
        self._take("?")
        if found[1]:
            lowest = 1 if found[1] == "+" else 0
            return lowest, 1 if found[1] == "?" else lowest + MAX_REPEATS
        lowest = int(found[2])
        highest = lowest if not found[3] else int(found[4] or lowest + MAX_REPEATS)
        if not lowest <= highest <= MAX_COUNT:
            raise TooHard
        return lowest, highest

    def _atom(self) -> str:
        character = self._pattern[self._at]
        if character == "(":
            group = _GROUP.match(self._pattern, self._at)
            self._at = self._at + 1 if group is None else group.end()
            made = self._alternatives()
            if not self._take(")"):
                raise TooHard
            return made
        self._at += 1
        match character:
            case "^" | "$":
                return ""
            case ".":
                return self._random.choice(string.ascii_lowercase)
            case "[":
                return self._random.choice(self._class())
            case "\\":
                return self._random.choice(self._escape())
            case "*" | "+" | "?" | "{":
                raise TooHard
        return character

    def _class(self) -> str:
        is_negated = self._take("^")
        found = ""
        while not self._take("]") or not found:
            if self._at >= len(self._pattern) or self._pattern.startswith("[:", self._at):
                raise TooHard
            found += self._range()
        if is_negated:
            found = "".join(one for one in _PRINTABLE if one not in found)
        if not found:
            raise TooHard
        return found

    def _range(self) -> str:
        first = self._member()
        is_range = self._pattern.startswith("-", self._at) and self._pattern[self._at + 1 :][:1]
        if len(first) != 1 or not is_range or is_range == "]":
            return first
        self._at += 1
        last = self._member()
        if len(last) != 1 or ord(last) - ord(first) > 0xFFFF:  # noqa: PLR2004 - more is no alphabet
            raise TooHard
        return "".join(map(chr, range(ord(first), ord(last) + 1)))

    def _member(self) -> str:
        character = self._pattern[self._at]
        self._at += 1
        return self._escape() if character == "\\" else character

    def _escape(self) -> str:
        """Return the characters that an escape stands for."""
        if self._at >= len(self._pattern):
            raise TooHard
        character = self._pattern[self._at]
        self._at += 1
        if character in _CLASSES:
            return _CLASSES[character]
        if character.isalnum() and character not in _CONTROLS:
            raise TooHard  # \b, \x41, \p{L}
        return _CONTROLS.get(character, character)

    def _take(self, character: str) -> bool:
        is_next = self._pattern.startswith(character, self._at)
        self._at += is_next
        return is_next
