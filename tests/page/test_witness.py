"""The journal, compared with what the browser of a page under test saw on its WebSockets."""

import base64
from collections.abc import Sequence

import pytest
from playwright.sync_api import Browser, Page, WebSocket

from tests.helpers.server import InProcessServer
from websocket_mock.actors.journal.schema import EntryMatch
from websocket_mock.mcp_bridge.service.traffic import EntryModel, read_traffic

pytestmark = pytest.mark.integration

TALK = """async ({ url, messages }) => {
  const socket = new WebSocket(url);
  const closed = new Promise((resolve) => { socket.onclose = resolve; });
  let answered = () => {};
  socket.onmessage = () => answered();
  const answer = () => new Promise((resolve) => { answered = resolve; });
  const welcome = answer();
  await new Promise((resolve) => { socket.onopen = resolve; });
  if (url.endsWith("/chat")) await welcome;
  for (const { text, bytes } of messages) {
    const next = Promise.race([answer(), closed]);
    socket.send(text ?? new Uint8Array(bytes));
    await next;
  }
  if (url.endsWith("/echo")) socket.close(4000, "enough");
  const { code, reason } = await closed;
  return `${code} ${reason}`;
}"""
"""The page under test: it waits for the answer to each message, and returns how it was closed."""

Seen = tuple[str, str | bytes]
"""The direction, as the server says it, and the message."""


def talk(page: Page, url: str, *messages: str | bytes) -> tuple[list[Seen], str]:
    """Let the page talk; return what its browser saw, and how the connection ended."""
    seen: list[Seen] = []

    def watch(socket: WebSocket) -> None:
        socket.on("framesent", lambda payload: seen.append(("received", payload)))
        socket.on("framereceived", lambda payload: seen.append(("sent", payload)))

    page.once("websocket", watch)
    given = [{"text": one} if isinstance(one, str) else {"bytes": list(one)} for one in messages]
    with page.expect_websocket() as opened:
        ended: str = page.evaluate(TALK, {"url": url, "messages": given})
    if not opened.value.is_closed():
        opened.value.wait_for_event("close")
    return seen, ended


def told(server: InProcessServer, kind: str, path: str) -> Sequence[EntryModel]:
    match = EntryMatch.model_validate({"kind": kind, "path": path})
    return read_traffic(server.gateway, match, detail="full").entries


def content(entry: EntryModel) -> Seen:
    assert entry.direction is not None
    assert entry.payload is not None
    is_text = entry.kind == "text"
    return entry.direction, entry.payload if is_text else base64.b64decode(entry.payload)


def test_journal_tells_what_the_browser_of_a_page_saw(
    browser: Browser, server: InProcessServer
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        subscribe = '{"type": "subscribe", "channel": "news"}'
        talks = {
            "/chat": (subscribe, "bye"),
            # Playwright does not tell of empty messages.
            "/echo": ("héllo \U0001f600\x00", bytes(range(256)), "x" * 5000),
        }
        ends = {"/chat": "4001 As you wish", "/echo": "4000 enough"}
        for path, messages in talks.items():
            seen, ended = talk(page, server.url(path), *messages)

            assert [content(entry) for entry in told(server, "message", path)] == seen
            assert [payload for way, payload in seen if way == "received"] == list(messages)
            (close,) = told(server, "close", path)
            assert f"{close.details['code']} {close.details['reason']}" == ended == ends[path]
