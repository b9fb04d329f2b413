"""The skill for AI agents, as data of the package. The folder of a skill has no Python code."""

from pathlib import Path

SKILL_FOLDER = Path(__file__).parent / "websocket-testing"
"""The folder of the skill. Its name is the name of the skill."""

SKILL_FILE = SKILL_FOLDER / "SKILL.md"
