"""Whatever stands in an AsyncAPI document: it becomes valid mocks, or is refused."""

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

from tests.helpers.asyncapi import DOCUMENTS, import_document
from tests.helpers.spoiling import spoilt_tree
from websocket_mock.actors.documents.yaml_files import read_yaml
from websocket_mock.actors.library.reading import compile_document

MOST = settings(suppress_health_check=[HealthCheck.too_slow])


@given(DOCUMENTS)
@MOST
def test_good_document_becomes_valid_mocks(document: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = import_document(Path(folder), document)
    assert (done.code, done.err) == (0, "")
    mocks = compile_document(read_yaml(done.out, json_types=True))
    assert mocks.warnings == ()


@given(spoilt_tree(DOCUMENTS))
@MOST
def test_document_near_a_good_one_becomes_mocks_or_is_refused(document: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = import_document(Path(folder), document)
    if done.code == 0:
        compile_document(read_yaml(done.out, json_types=True))
    else:
        assert (done.code, done.out) == (1, "")
        assert all("api.json: " in line for line in done.err.splitlines())
