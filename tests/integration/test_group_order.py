"""Messages to a group, and who is in it, keep the order of the actions."""

import pytest

from tests.helpers.examples import serving_text

pytestmark = pytest.mark.integration

MOCKS = """
endpoints:
  - path: /group
    rules:
      - match: {text: late}
        do:
          - send: {to: {group: g}, text: too early}
          - join: g
          - send: {to: {group: g}, text: in time}
      - match: {text: leave}
        do:
          - join: g
          - send: {to: {group: g}, text: last words}
          - leave: g
          - send: {to: {group: g}, text: too late}
          - send: {to: all, text: end}
"""


@pytest.mark.parametrize(
    ("text", "heard"), [("late", ["in time"]), ("leave", ["last words", "end"])]
)
def test_client_hears_what_is_sent_while_it_is_in_the_group(text: str, heard: list[str]) -> None:
    with serving_text(MOCKS) as server, server.connect("/group") as client:
        client.connection.send(text)
        assert [client.connection.recv(2) for _ in heard] == heard
