"""What setup.cfg says about the package."""

import configparser

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.helpers.program import ROOT


def setup() -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    return config


def run_time_dependencies() -> set[str]:
    """The normal names of the distributions that the package needs."""
    lines = setup()["options"]["install_requires"].split("\n")
    return {canonicalize_name(Requirement(line).name) for line in lines if line}
