"""Makes paths of mocks of the addresses of channels."""

import re
from urllib.parse import quote

_CAPTURE = re.compile(r"\{([^{}]*)\}")
_SAFE = "-._~!$&'()+,;=:@%"


def path_of(prefix: str, address: str) -> tuple[str, dict[str, str]]:
    """Return a path, and the names of its captures by those of the parameters.

    A segment of which only a part is a parameter becomes a capture as a whole.

    Args:
        prefix: what the paths of the server begin with, empty or /… without a slash at the end.
        address: the address of the channel; a query in it is left out.
    """
    # The address of a topic may be a URL.
    address = re.sub(r"^\w+://[^/]*", "", address).partition("?")[0]
    whole = f"{prefix}/{address.lstrip('/')}"
    if not address.strip("/"):
        whole = prefix or "/"
    names: dict[str, str] = {}
    segments = [_segment(one, names) for one in whole.split("/")[1:]]
    return f"/{'/'.join(segments)}", names


def _segment(segment: str, names: dict[str, str]) -> str:
    parameters = _CAPTURE.findall(segment)
    if not parameters:
        return quote(segment, safe=_SAFE)
    wanted = re.sub(r"\W", "_", "_".join(parameters), flags=re.ASCII)
    wanted = wanted if re.match(r"[A-Za-z_]", wanted) else f"p{wanted}"
    name, number = wanted, 1
    while name in names.values():
        number += 1
        name = f"{wanted}_{number}"
    names.update(dict.fromkeys(parameters, name) if len(parameters) == 1 else {segment: name})
    return f"{{{name}}}"


def split_segments(address: str) -> list[str]:
    """Return the segments of an address of which only a part is a parameter."""
    segments = address.partition("?")[0].split("/")
    return [one for one in segments if "{" in one and not _CAPTURE.fullmatch(one)]


def shape_of(path: str) -> str:
    """Return a path without the names of its captures: two paths of one shape are the same."""
    return _CAPTURE.sub("{}", path)
