"""The tutorial as data: its steps, and what of each was done."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.helpers.program import ROOT

PAGE = ROOT / "docs" / "tutorial.md"

HEADING = re.compile(r"^## (\d+)\. (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```(\w+)\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
BOLD = re.compile(r"\*\*([^*]+)\*\*")
IMAGE = re.compile(r"!\[[^\]]+\]\(images/([\w-]+)\.png\)")


@dataclass
class Step:
    """A step, and what of it has not been done yet."""

    title: str
    blocks: list[tuple[str, str]]
    """Code that has still to be used, in order: its language and its text."""
    labels: set[str]
    """What stands in bold: what the page says at that place."""
    pictures: set[str]
    used: set[str] = field(default_factory=set)

    def block(self, language: str) -> str:
        """Take the next block of code, which must be in this language."""
        found, text = self.blocks.pop(0)
        assert found == language, (self.title, text)
        return text

    def label(self, text: str) -> str:
        """Take a label, any number of times."""
        assert text in self.labels, (self.title, text)
        self.used.add(text)
        return text

    def picture(self, name: str) -> str:
        """Take a picture, by its name without the ending."""
        self.pictures.remove(name)
        return name

    def left_over(self) -> list[object]:
        """Return what the step has and nobody has done."""
        return [*self.blocks, *sorted(self.labels - self.used), *sorted(self.pictures)]


def read_steps(page: Path = PAGE) -> Sequence[Step]:
    """Return the steps of a page: its headings with numbers."""
    text = page.read_text(encoding="utf-8")
    whole = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    return [
        step_of(heading[2], part) for part in whole if (heading := HEADING.match(part)) is not None
    ]


def step_of(title: str, text: str) -> Step:
    prose = FENCED.sub("", text)
    return Step(
        title,
        [(block[1], block[2]) for block in FENCED.finditer(text)],
        set(BOLD.findall(prose)),
        set(IMAGE.findall(prose)),
    )
