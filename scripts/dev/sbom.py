"""Lists what a wheel needs and what it contains of others, as CycloneDX JSON: `make sbom`.

The versions are those of the environment that it runs in, which `make` builds from constraints.txt.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from email.message import Message
from email.parser import HeaderParser
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from zipfile import ZipFile

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SUFFIX = ".cdx.json"

_MANIFEST = "websocket_mock/mcp_bridge/page/vendor/manifest.json"
"""In the wheel: which packages of npm the live page has in it."""

_LONGEST_LICENSE = 100
"""Characters of a name. Some packages have the whole text of a licence in its place."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the list beside the only wheel of a folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="make sbom", description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder that has the wheel")
    folder = parser.parse_args(arguments).folder
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        print(f"{folder} has {len(wheels)} wheels; there must be one", file=sys.stderr)
        return 2
    try:
        bom = bom_of(wheels[0])
    except PackageNotFoundError as error:
        print(f"{error.name} is not installed here, so its version is not known", file=sys.stderr)
        return 1
    file = wheels[0].with_suffix(SUFFIX)
    file.write_text(JsonV1Dot6(bom).output_as_string(indent=2) + "\n", encoding="utf-8")
    print(f"{file}: {len(bom.components)} components")
    return 0


def bom_of(wheel: Path) -> Bom:
    """Return the bill of materials of a wheel.

    Raises:
        PackageNotFoundError: something that it needs is not installed.
    """
    with ZipFile(wheel) as archive:
        (name,) = (one for one in archive.namelist() if one.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(name).decode())
        manifest = json.loads(archive.read(_MANIFEST))
    root = _component(metadata, ComponentType.APPLICATION)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    root.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=digest))
    bom = Bom()
    bom.metadata.component = root
    bundled = list(_bundled(manifest))
    bom.components.update(bundled)
    _add_needed(bom, root, metadata.get_all("Requires-Dist") or (), bundled)
    return bom


def _add_needed(
    bom: Bom, root: Component, requirements: Sequence[str], bundled: Sequence[Component]
) -> None:
    """Add all that is installed for these requirements, and what needs what."""
    components: dict[str, Component] = {}
    needs: dict[str, set[str]] = {}
    direct = set(_wanted(requirements, ""))
    waiting = list(direct)
    seen = set(waiting)
    while waiting:
        name, extra = waiting.pop()
        installed = distribution(name)
        if name not in components:
            components[name] = _component(
                HeaderParser().parsestr(installed.read_text("METADATA") or ""),
                ComponentType.LIBRARY,
            )
        for one in _wanted(installed.requires or (), extra):
            needs.setdefault(name, set()).add(one[0])
            if one not in seen:
                seen.add(one)
                waiting.append(one)
    bom.components.update(components.values())
    bom.register_dependency(root, [*bundled, *(components[name] for name, _ in direct)])
    for name, component in components.items():
        # A package may need itself, with an extra.
        others = needs.get(name, set()) - {name}
        bom.register_dependency(component, [components[one] for one in others])


def _wanted(requirements: Sequence[str], extra: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each requirement that counts here, without an extra and with each."""
    for requirement in map(Requirement, requirements):
        marker = requirement.marker
        if marker is None or marker.evaluate({"extra": extra}):
            name = canonicalize_name(requirement.name)
            yield name, ""
            for one in requirement.extras:
                yield name, one


def _component(metadata: Message, kind: ComponentType) -> Component:
    name, version = str(metadata["Name"]), str(metadata["Version"])
    purl = PackageURL("pypi", None, canonicalize_name(name), version)
    licence = _licence_of(metadata)
    return Component(
        name=name,
        version=version,
        type=kind,
        purl=purl,
        bom_ref=str(purl),
        description=metadata["Summary"],
        licenses=[LicenseFactory().make_from_string(licence)] if licence else (),
    )


def _licence_of(metadata: Message) -> str:
    for field in ("License-Expression", "License"):
        text = str(metadata[field] or "").strip()
        if text and len(text) <= _LONGEST_LICENSE and "\n" not in text:
            return text
    classifiers = metadata.get_all("Classifier") or ()
    names = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    return names[0] if names else ""


def _bundled(manifest: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Iterator[Component]:
    for whole, facts in manifest["packages"].items():
        group, _, name = whole.rpartition("/")
        purl = PackageURL("npm", group or None, name, facts["version"])
        yield Component(
            name=name,
            group=group or None,
            version=facts["version"],
            type=ComponentType.LIBRARY,
            purl=purl,
            bom_ref=str(purl),
            licenses=[LicenseFactory().make_from_string(facts["licence"])],
        )


if __name__ == "__main__":
    sys.exit(main())
