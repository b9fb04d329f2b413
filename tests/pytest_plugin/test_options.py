"""The marker, the options, the configuration file, artifacts and more servers."""

import json
from pathlib import Path

import pytest

from tests.helpers.plugin_runs import errors, failures, output, run
from tests.helpers.server import serving_here
from tests.helpers.snippets import files_in, page
from tests.helpers.web_server import serving_routes
from websocket_mock.mcp_bridge.web.app import control_routes

pytest_plugins = "pytester"

MOCKS = """
endpoints:
  - path: /greeter
    rules:
      - match: {text: hi}
        do: [{send: {text: hello}}]
"""


def test_marker_names_a_file_a_seed_faults_and_strictness(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("deep")
    (folder / "mocks.yaml").write_text(MOCKS)
    module = """
        pytestmark = pytest.mark.websocket_mock(file="mocks.yaml", seed=7)

        NUMBERS = []

        def ask(mock, path="/greeter"):
            with connect(mock.url(path)) as client:
                client.send("hi")
                return client.recv()

        def draw(mock):
            mock.endpoint("/dice").on().send(text="{{ random.int(1, 1000000) }}")
            return ask(mock, "/dice")

        def test_file(websocket_mock):
            assert ask(websocket_mock) == "hello"
            NUMBERS.append(draw(websocket_mock))

        def test_same_seed(websocket_mock):
            assert draw(websocket_mock) == NUMBERS[0]

        @pytest.mark.websocket_mock(seed="another")
        def test_own_seed(websocket_mock):
            assert draw(websocket_mock) != NUMBERS[0]
            assert ask(websocket_mock) == "hello"

        @pytest.mark.websocket_mock(strict=False)
        def test_lenient(websocket_mock):
            other = websocket_mock.endpoint("/other")
            with connect(other.url()) as client:
                client.send("surplus")

        @pytest.mark.websocket_mock(faults=["refuse", {"latency": {"mean": "1ms"}}])
        def test_several_faults(websocket_mock):
            with pytest.raises(Exception, match="503"):
                ask(websocket_mock)

        @pytest.mark.websocket_mock(faults="refuse")
        def test_one_fault(websocket_mock):
            with pytest.raises(Exception, match="503"):
                ask(websocket_mock)
    """
    # The marker's file is beside the test's file, wherever pytest is started.
    result = run(pytester, module, "--rootdir=.", directory=folder)
    result.assert_outcomes(passed=6)


def test_mistakes_in_markers_are_told_without_a_traceback(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        @pytest.mark.websocket_mock(fault="drop")
        def test_name(websocket_mock): pass

        @pytest.mark.websocket_mock("mocks.yaml")
        def test_position(websocket_mock): pass

        @pytest.mark.websocket_mock(strict="no")
        def test_strict(websocket_mock): pass

        @pytest.mark.websocket_mock(file="missing.yaml")
        def test_file(websocket_mock): pass

        @pytest.mark.websocket_mock(faults=["dropp"])
        def test_fault(websocket_mock): pass

        @pytest.mark.websocket_mock(parameters={"path": "/a"})
        def test_parameters(websocket_mock): pass

        @pytest.mark.websocket_mock(dialect="json-rcp")
        def test_dialect(websocket_mock): pass
        """,
    )
    result.assert_outcomes(errors=7)
    expected = [
        "there is no 'fault'; did you mean 'faults'?",
        "'mocks.yaml' needs a name, such as file=…",
        "strict is True or False, not 'no'",
        "missing.yaml: there is no such mocks file",
        "unknown key 'dropp'; did you mean 'drop'?",
        "parameters are those of a dialect; give dialect=…, too",
        "there is no dialect 'json-rcp'; did you mean 'json-rpc'?",
    ]
    for text, reason in zip(errors(result), expected, strict=True):
        assert reason in text
        assert len(text.splitlines()) <= 3


@pytest.mark.parametrize(
    ("arguments", "ini", "name"),
    [
        (["--websocket-mock=thred"], "", "--websocket-mock"),
        ([], "websocket_mock = localhost:8004", "websocket_mock"),
    ],
)
def test_place_that_is_not_allowed_is_a_usage_error(
    pytester: pytest.Pytester, arguments: list[str], ini: str, name: str
) -> None:
    pytester.makeini(f"[pytest]\n{ini}")
    result = run(pytester, "def test_nothing(): pass", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    (line,) = [one for one in result.stderr.lines if one]
    assert line.startswith(f"ERROR: {name}: ")
    assert line.endswith(
        "is not allowed; give thread, process or a URL such as http://localhost:8004"
    )


def test_server_that_is_not_there_is_told_without_a_traceback(pytester: pytest.Pytester) -> None:
    module = "def test_one(websocket_mock): pass\ndef test_two(websocket_mock): pass"
    result = run(pytester, module, "--websocket-mock=http://127.0.0.1:9")
    result.assert_outcomes(errors=2)
    for text in errors(result):
        assert "The mock server cannot be used. " in text
        assert "http://127.0.0.1:9" in text
        assert len(text.splitlines()) <= 3


def test_examples_of_tls_work_where_the_configuration_file_asks_for_it(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini("[pytest]\nwebsocket_mock_tls = yes")
    examples = files_in(page("tls.md"), "python")
    tests = {name: text for name, text in examples.items() if name.startswith("test_")}
    pytester.makepyfile(**{name.removesuffix(".py"): text for name, text in tests.items()})
    result = pytester.runpytest_inprocess("-W", "error")
    result.assert_outcomes(passed=len(tests))
    assert len(tests) == 2


def test_server_at_a_url_has_settings_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nwebsocket_mock_tls = yes")
    with serving_here() as server, serving_routes(server.gateway, control_routes) as web:
        module = "def test_one(websocket_mock): websocket_mock.secure_url()"
        result = run(pytester, module, f"--websocket-mock={web.url}")
    result.assert_outcomes(failed=1)
    assert "has no TLS. Start it with" in failures(result)[0]


def test_configuration_file_says_what_is_strict(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nwebsocket_mock_strict = no")
    result = run(
        pytester,
        """
        def send_surplus(mock):
            with connect(mock.endpoint("/a").url()) as client:
                client.send("surplus")

        def test_lenient(websocket_mock, websocket_mock_factory):
            send_surplus(websocket_mock)
            send_surplus(websocket_mock_factory())

        @pytest.mark.websocket_mock(strict=True)
        def test_strict(websocket_mock, websocket_mock_factory):
            send_surplus(websocket_mock)
            send_surplus(websocket_mock_factory("by marker"))
            send_surplus(websocket_mock_factory("by argument", strict=False))
        """,
    )
    result.assert_outcomes(passed=2, errors=1)
    (text,) = errors(result)
    assert text.count("1 message nobody expected") == 2
    assert "by argument: " not in text


def test_factory_starts_servers_with_settings(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_two_servers(websocket_mock_factory):
            small, large = websocket_mock_factory(max_message_bytes=10), websocket_mock_factory()
            for mock, code in ((small, 1009), (large, 1000)):
                endpoint = mock.endpoint("/a")
                endpoint.on().send(text="ok").close(1000)
                with connect(endpoint.url()) as client:
                    client.send("more than ten bytes")
                    list(client) if mock is large else pytest.raises(ConnectionClosed, client.recv)
                    assert client.close_code == code
            assert small.url() != large.url()

        def test_wrong_setting(websocket_mock_factory):
            websocket_mock_factory(max_mesage_bytes=10)
        """,
    )
    result.assert_outcomes(passed=1, failed=1)
    (text,) = failures(result)
    assert "max_mesage_bytes" in text
    assert "websocket_mock/" not in text


FAILING = """
    @pytest.mark.parametrize("word", ["a b", "a/b", "ä", "x" * 300])
    def test_word(websocket_mock, word):
        talk(websocket_mock, word)
        assert False

    class TestPassing:
        def test_passes(self, websocket_mock):
            talk(websocket_mock, "expected")

        def test_end(self, websocket_mock):
            talk(websocket_mock, "surplus")

    def test_two(websocket_mock, websocket_mock_factory):
        talk(websocket_mock, "one")
        talk(websocket_mock_factory("two"), "two")
        assert False

    def talk(mock, text):
        endpoint = mock.endpoint("/a")
        with connect(endpoint.url()) as client:
            client.send(text)
            client.send(b"\\0\\xff")
            if text != "surplus":
                talk = endpoint.accept()
                talk.receive(text=text)
                talk.receive(binary=b"\\0\\xff")
"""


@pytest.mark.parametrize("way", ["option", "configuration"])
def test_failing_tests_leave_their_traffic_as_json_lines(
    pytester: pytest.Pytester, way: str
) -> None:
    arguments = ["--websocket-mock-artifacts", "out/traffic"] if way == "option" else []
    if way == "configuration":
        pytester.makeini("[pytest]\nwebsocket_mock_artifacts = out/traffic")
    for _ in range(2):  # the second run writes the same files
        result = run(pytester, FAILING, *arguments)
        result.assert_outcomes(passed=2, failed=5, errors=1)
        files = sorted((pytester.path / "out" / "traffic").iterdir())
        assert len(files) == 7
    names = [file.name for file in files]
    assert not [name for name in names if "test_passes" in name]
    assert all(len(name) < 200 and name.isascii() for name in names)
    module = next(pytester.path.glob("test_*.py")).name
    assert f"{module}-TestPassing-test_end.jsonl" in names
    for file in files:
        assert str(file) in output(result)
        entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        assert [one["kind"] for one in entries[:4]] == ["handshake", "open", "text", "binary"]
        assert entries[3]["payload"] == "hex:00ff"
        numbers = [one["seq"] for one in entries]
        assert numbers == sorted(numbers)
    words = {json.loads(file.read_text().splitlines()[2])["payload"] for file in files}
    assert words == {"a b", "a/b", "ä", "x" * 300, "surplus", "one", "two"}


def test_artifacts_that_cannot_be_written_are_told(pytester: pytest.Pytester) -> None:
    Path("traffic").write_text("a file")
    module = "def test_fails(websocket_mock):\n    assert False"
    result = run(pytester, module, "--websocket-mock-artifacts=traffic")
    result.assert_outcomes(failed=1)
    assert "It cannot be written: " in failures(result)[0]


def test_marker_and_options_are_described(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--markers")
    assert "@pytest.mark.websocket_mock(file=None, dialect=None, parameters={}, strict" in output(
        result
    )
    shown = output(pytester.runpytest_inprocess("--help"))
    for name in (
        "--websocket-mock=",
        "--websocket-mock-artifacts=",
        "websocket_mock_strict (bool)",
        "websocket_mock_tls (bool)",
    ):
        assert name in shown
    fixtures = output(pytester.runpytest_inprocess("--fixtures"))
    for name in ("websocket_mock ", "websocket_mock_server ", "websocket_mock_factory "):
        assert f"\n{name}" in fixtures
