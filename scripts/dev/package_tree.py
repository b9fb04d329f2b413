"""Lay out the package as it is installed, in links, for tools that cannot follow setup.cfg's map.

mypy and the import linter look for the folders of a package where its name says. Run it as
``python scripts/dev/package_tree.py DIRECTORY`` in the root of the project.
"""

import configparser
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def lay_out(directory: Path) -> None:
    """Make the links in a directory, and what is missing of its path; links that stand are kept."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    links = {Path("tests"): ROOT / "tests"}
    for line in config["options"]["package_dir"].split("\n"):
        name, _, folder = (part.strip() for part in line.partition("="))
        if "." in name:
            links[Path(*name.split("."))] = ROOT / folder
        elif name:
            links |= {Path(name, one.name): one for one in (ROOT / folder).iterdir()}
    for link, target in links.items():
        place = directory / link
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.is_symlink() and target.name != "__pycache__":
            place.symlink_to(target)


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
