"""The longer runs of the fuzzing tests."""

import pytest

from websocket_mock.scripts.dev.fuzz import Target, names_of_targets, run_all


def test_targets_are_the_tests_and_what_makes_a_test() -> None:
    names = names_of_targets()
    assert "tests.fuzz.test_rest:any_request_target" in names
    assert "tests.fuzz.test_expressions:test_bytes_as_text_are_bytes_or_refused" in names
    assert len(set(names)) == len(names)
    assert not [
        name for name in names if name.endswith(":test_any_request_is_answered_without_a_bug")
    ]


def test_target_that_needs_a_server_is_ready_with_one() -> None:
    with Target("tests.fuzz.test_rest:any_request_target").ready() as test:
        assert test.hypothesis.fuzz_one_input(b"") is None


def test_run_tells_how_often_each_target_ran(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_all(0.001, "bytes_as_text")
    (line,) = [one for one in capfd.readouterr().out.splitlines() if "bytes_as_text" in one]
    assert "held" in line
    assert "?" not in line
