"""What pytest reports of tests that use the mock. Each test is a small run in this process."""

import pytest

from tests.helpers.plugin_runs import errors, failures, output, run

pytest_plugins = "pytester"


def test_passing_tests_print_nothing(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_answer(websocket_mock):
            greeter = websocket_mock.endpoint("/greeter")
            greeter.on(text="hi").send(text="hello").expect(1)
            with connect(greeter.url()) as client:
                client.send("hi")
                assert client.recv() == "hello"
            websocket_mock.verify(text="hi", count=1)

        def test_no_traffic(websocket_mock, websocket_mock_factory):
            websocket_mock_factory()

        def test_fixture_is_a_mock_of_the_public_class(websocket_mock):
            assert isinstance(websocket_mock, WebSocketMock)
        """,
        "-q",
        "--no-header",
        "-rA",
    )
    result.assert_outcomes(passed=3)
    assert result.stdout.lines[0].startswith("...")
    assert not [line for line in result.stdout.lines if "transcript" in line or "ws://" in line]
    assert result.stderr.lines == []


def test_failing_test_tells_its_traffic_once_and_is_not_judged_again(
    pytester: pytest.Pytester,
) -> None:
    result = run(
        pytester,
        """
        def test_wrong_word(websocket_mock):
            prices = websocket_mock.endpoint("/prices")
            prices.on(json={"$.type": "subscribe"}).send(text="ok").expect()
            with connect(prices.url()) as client:
                client.send('{"type": "subscrbe"}')
                assert client.recv() == "ok"
        """,
    )
    result.assert_outcomes(failed=1)
    (text,) = failures(result)
    assert text.count("WebSocket transcript") == 1
    assert text.count('received text  {"type": "subscrbe"}') == 1
    # Nothing of the reason is cut off.
    assert (
        'no rule matches; the nearest is rules[0]: json $.type: expected "subscribe", got' in text
    )
    assert "pytest_plugin.py" not in text


def test_traffic_that_the_failure_tells_is_not_told_again(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_nobody_came(websocket_mock):
            websocket_mock.endpoint("/a")
            websocket_mock.wait_for(kind="open", timeout=0.01)

        def test_nobody_can_come(websocket_mock):
            assert websocket_mock.clients()

        def test_wrong_message(websocket_mock):
            chat = websocket_mock.endpoint("/a")
            with connect(chat.url()) as client:
                client.send("hello")
                chat.accept().receive(text="hello")
                chat.verify(text="bye")
        """,
    )
    result.assert_outcomes(failed=3)
    nobody, silence, wrong = failures(result)
    assert nobody.count("Nothing has happened") == 1
    assert silence.endswith("No client has connected.\n")
    assert wrong.count("received text  hello") == 1
    assert "transcript" not in nobody + wrong
    # The report ends at the line of the test, not inside the mock.
    assert "testing/traffic.py" not in nobody + wrong
    assert "chat.verify(text=" in wrong


def test_unexpected_messages_fail_the_end_of_the_test(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_surplus(websocket_mock):
            chat = websocket_mock.endpoint("/chat")
            with connect(chat.url()) as client:
                talk = chat.accept()
                for text in ("one", "two", "three", "four"):
                    client.send(text)
                assert talk.receive().text == "one"

        def test_next_one_is_not_concerned(websocket_mock):
            assert websocket_mock.traffic() == []
        """,
    )
    result.assert_outcomes(passed=2, errors=1)
    (text,) = errors(result)
    assert "ERROR at teardown of test_surplus" in text
    assert "3 messages nobody expected:" in text
    assert text.count("WebSocket transcript") == 1
    assert "Traceback" not in text


def test_message_right_before_the_end_is_judged(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        @pytest.fixture
        def client(websocket_mock):
            with connect(websocket_mock.endpoint("/chat").url()) as client:
                yield client

        @pytest.fixture
        def polite_client(client):
            yield client
            client.send("bye")

        @pytest.mark.parametrize("size", [1, 200_000] * 5)
        def test_last_words(websocket_mock, client, size):
            client.send("x" * size)

        def test_words_of_a_fixture(polite_client):
            pass
        """,
    )
    result.assert_outcomes(passed=11, errors=11)
    assert output(result).count("1 message nobody expected:") == 11
    assert "bye" in errors(result)[-1]


def test_broken_set_up_tells_the_traffic_and_is_not_judged(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        @pytest.fixture
        def client(websocket_mock):
            websocket_mock.endpoint("/chat")
            with connect(websocket_mock.url("/chatt")) as client:
                yield client

        def test_never_runs(client):
            pass
        """,
    )
    result.assert_outcomes(errors=1)
    (text,) = errors(result)
    assert "ERROR at setup of test_never_runs" in text
    assert "handshake  /chatt → 404" in text


def test_several_mocks_are_told_apart(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        @pytest.fixture
        def three(websocket_mock, websocket_mock_factory):
            mocks = websocket_mock, websocket_mock_factory("exchange"), websocket_mock_factory()
            for mock in mocks:
                with connect(mock.endpoint("/a").url()) as client:
                    client.send("surplus")

        def test_end(three):
            pass

        def test_failing(three):
            assert False
        """,
    )
    result.assert_outcomes(passed=1, failed=1, errors=1)
    (ended,), (failed,) = errors(result), failures(result)
    names = ["websocket_mock", "exchange", "server 2"]
    for name in names:
        assert f"{name}: 1 message nobody expected" in ended
        assert f" WebSocket transcript of {name} " in ended
        assert f" WebSocket transcript of {name} " in failed
    assert failed.count("received text  surplus") == 3


def test_each_parameter_has_a_mock_of_its_own(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        @pytest.mark.parametrize("text", ["right", "wrong", "right again"])
        def test_text(websocket_mock, text):
            endpoint = websocket_mock.endpoint("/a")
            endpoint.on(text={"starts_with": "right"}).send(text="yes").close()
            with connect(endpoint.url()) as client:
                client.send(text)
                list(client)
            assert websocket_mock.wait_for(kind="handshake").attempt == 1
        """,
    )
    result.assert_outcomes(passed=2, failed=1)
    (text,) = failures(result)
    assert "test_text[wrong]" in text


def test_only_passed_tests_are_judged(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        @pytest.fixture
        def surplus(websocket_mock):
            with connect(websocket_mock.endpoint("/a").url()) as client:
                client.send("surplus")

        def test_skipped(surplus):
            pytest.skip("not today")

        @pytest.mark.xfail
        def test_known_bug(surplus):
            assert False

        def test_told_to_fail(surplus):
            pytest.xfail("known")

        @pytest.mark.xfail(strict=True)
        def test_passes_against_the_rule(surplus):
            pass

        def test_with_subtests(websocket_mock, surplus, subtests):
            with subtests.test("one"):
                assert False
        """,
        "--websocket-mock-artifacts=traffic",
    )
    result.assert_outcomes(skipped=1, xfailed=2, failed=3)
    assert "nobody expected" not in output(result)
    assert output(result).count("received text  surplus") == 2, "the subtest has told it"
    written = sorted(file.name for file in (pytester.path / "traffic").iterdir())
    tests = ["test_passes_against_the_rule", "test_with_subtests"]
    assert written == [f"test_only_passed_tests_are_judged.py-{name}.jsonl" for name in tests]


def test_check_inside_the_test_fails_there_and_once(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_checks(websocket_mock):
            with connect(websocket_mock.endpoint("/a").url()) as client:
                client.send("surplus")
                websocket_mock.check()
        """,
    )
    result.assert_outcomes(failed=1)
    (text,) = failures(result)
    assert "UnexpectedTraffic: 1 message nobody expected" in text
    assert text.count("WebSocket transcript") == 1


def test_callback_that_raises_is_told_with_its_traceback(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_callback(websocket_mock):
            sums = websocket_mock.endpoint("/sums")

            @sums.on_message()
            def add(message):
                return sum(message.json["numbers"])

            with connect(sums.url()) as client:
                client.send('{"number": []}')
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    (text,) = errors(result)
    assert "The callback add failed: KeyError: 'numbers'" in text
    assert 'return sum(message.json["numbers"])' in text
    assert "testing/callbacks.py" not in text


def test_messages_that_a_fault_has_hit_are_told(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_lost(websocket_mock):
            echo = websocket_mock.endpoint("/a", unmatched="echo")
            echo.fault("drop")
            with connect(echo.url()) as client:
                messages = ["three", b"\\0\\1", "x" * 20_000, b"\\0" * 20_000]
                for message in messages:
                    client.send(message)
                hit = websocket_mock.traffic(kind="fault")
                assert [one.payload for one in hit] == messages
                assert False, "told"
        """,
    )
    result.assert_outcomes(failed=1)
    (text,) = failures(result)
    assert "AssertionError: told" in text
    assert "sent fault" in text


def test_mock_that_the_test_stops_is_not_judged(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_server_goes_away(websocket_mock):
            with connect(websocket_mock.endpoint("/a").url()) as client:
                client.send("last words")
                websocket_mock.stop()
                with pytest.raises(ConnectionClosed):
                    client.recv()
                assert client.close_code == 1001
        """,
    )
    result.assert_outcomes(passed=1)


def test_test_cases_use_the_context_manager_or_the_fixture(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        import unittest

        class TestWithContext(unittest.TestCase):
            def setUp(self):
                self.mock = self.enterContext(WebSocketMock())
                self.chat = self.mock.endpoint("/chat")

            def test_passes(self):
                self.chat.on(text="hi").send(text="hello")
                with connect(self.chat.url()) as client:
                    client.send("hi")
                    self.assertEqual(client.recv(), "hello")

            def test_surplus(self):
                with connect(self.chat.url()) as client:
                    client.send("surplus")

        class TestWithFixture(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _use_mock(self, websocket_mock):
                self.mock = websocket_mock

            def test_surplus(self):
                with connect(self.mock.endpoint("/chat").url()) as client:
                    client.send("surplus")
        """,
    )
    result.assert_outcomes(passed=2, failed=1, errors=1)
    (failed,), (error,) = failures(result), errors(result)
    assert "1 message nobody expected" in failed
    assert "1 message nobody expected" in error
