"""The shipped dialects, served inside this process."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.helpers.examples import Example, serving_text


@contextmanager
def dialect(name: str, *endpoints: Mapping[str, Any], **parameters: Any) -> Iterator[Example]:
    """Serve a dialect.

    Args:
        name: of the dialect.
        endpoints: further endpoints, such as ``{"extends": name, "rules": […]}``.
        parameters: values of its parameters.
    """
    included = {"from": f"dialect:{name}", "with": parameters}
    document = {"include": [included], "endpoints": endpoints}
    with serving_text(json.dumps(document)) as served:
        yield served
