"""The newest entries as JSON, so that readers who follow the journal share the work."""

from collections.abc import Callable

MAX_CHARACTERS = 1024 * 1024
"""Characters of JSON that are kept."""


class RenderedEntries:
    """Keeps the JSON of the entries that were rendered last, by number and detail.

    Only in a turn of `History`, which one thread at a time has.
    """

    def __init__(self) -> None:
        self._texts: dict[tuple[int, str], str] = {}
        self._size = 0

    def get(self, sequence: int, detail: str, render: Callable[[], str]) -> str:
        """Return the JSON of an entry, which is rendered if nobody has asked for it lately.

        Args:
            sequence: the number of the entry.
            detail: how much of it.
            render: returns its JSON.
        """
        key = (sequence, detail)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = render()
            self._size += len(text)
            while self._size > MAX_CHARACTERS:
                self._size -= len(self._texts.pop(next(iter(self._texts))))
        return text
