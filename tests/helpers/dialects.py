"""The shipped dialects, served inside this process."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.helpers.examples import Example, serving


@contextmanager
def dialect(name: str, *endpoints: Mapping[str, Any], **parameters: Any) -> Iterator[Example]:
    """Serve a dialect.

    Args:
        name: of the dialect.
        endpoints: further endpoints, such as ``{"extends": name, "rules": […]}``.
        parameters: values of its parameters.
    """
    included = {"from": f"dialect:{name}", "with": parameters}
    with TemporaryDirectory() as directory:
        file = Path(directory, "mocks.json")
        file.write_text(json.dumps({"include": [included], "endpoints": endpoints}))
        with serving(file) as served:
            yield served
