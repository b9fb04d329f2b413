"""The examples of pages in docs/ that are files with a name: `// name` or `# name` comes first."""

import re

from tests.helpers.program import ROOT


def page(name: str) -> str:
    """Return the text of a page of docs/."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def files_in(text: str, language: str) -> dict[str, str]:
    """Return the examples of a page in a language, by the names of their files."""
    blocks: list[str] = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    named = [re.fullmatch(r"(?://|#) (\S+)\n.*", block, re.DOTALL) for block in blocks]
    assert all(named), "an example has no name of a file in its first line"
    return {found[1]: found[0] for found in named if found}
