"""How a path finds its endpoint."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.faults import compile_faults
from tests.helpers.mocks import compile_endpoints
from websocket_mock.actors.conversation.compiled import CompiledEndpoint, Found
from websocket_mock.actors.documents import paths as paths_module
from websocket_mock.actors.library.rulebook import Rulebook

SEGMENTS = st.sampled_from(["a", "b", "", "{x}", "{y}"])
PARTS = st.sampled_from(["a", "b", "c", "", "%20"])


def book(*paths: str) -> Rulebook:
    return Rulebook(compile_endpoints(*({"path": path} for path in paths)))


def name_at(rulebook: Rulebook, path: str) -> str | None:
    found = rulebook.find(path)
    return None if found is None else found.endpoint.name


def search(endpoints: list[CompiledEndpoint], path: str) -> Found | None:
    """Try every endpoint; the best is the one without a rest that is most specific, then first."""
    found = [(one, one.pattern.match(path)) for one in endpoints]
    matching = [Found(one, captures) for one, captures in found if captures is not None]
    return min(
        matching,
        key=lambda one: (one.endpoint.pattern.takes_rest, one.endpoint.pattern.specificity),
        default=None,
    )


def test_empty_book_finds_nothing() -> None:
    assert Rulebook().find("/") is None
    assert len(Rulebook()) == 0


def test_deep_path_is_searched_without_recursion() -> None:
    deep = "/a" * 3_000
    assert name_at(book(f"{deep}/{{x}}", f"{deep}/**"), f"{deep}/1") == f"{deep}/{{x}}"
    assert name_at(book(f"{deep}/{{x}}", f"{deep}/**"), f"{deep}/1/2") == f"{deep}/**"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/orders/new", "/orders/new"),
        ("/orders/7", "/orders/{id}"),
        ("/orders/7/items", "/orders/{id}/items"),
        ("/users/7/items", "/{kind}/{id}/items"),
        ("/orders/7/lines", "/orders/**"),
        ("/orders", "/orders/**"),
        ("/other", "/**"),
        ("/", "/**"),
    ],
)
def test_more_specific_endpoint_wins(path: str, name: str) -> None:
    rulebook = book(
        "/**",
        "/orders/**",
        "/{kind}/{id}/items",
        "/orders/{id}/items",
        "/orders/{id}",
        "/orders/new",
    )
    assert name_at(rulebook, path) == name


def test_captures_come_with_the_endpoint() -> None:
    found = book("/a/{x}").find("/a/1")
    assert found is not None
    assert found.captures == {"x": "1"}


def test_first_of_equally_specific_endpoints_wins() -> None:
    assert name_at(book("/a/{x}", "/a/{y}"), "/a/1") == "/a/{x}"
    assert name_at(book("/a/{y}", "/a/{x}"), "/a/1") == "/a/{y}"


def test_first_of_two_endpoints_at_one_path_wins() -> None:
    first, second = compile_endpoints({"name": "one", "path": "/a"}, {"name": "two", "path": "/a"})
    assert name_at(Rulebook([first, second]), "/a") == "one"
    assert name_at(Rulebook([second, first]), "/a") == "two"


def test_endpoint_is_found_by_its_name() -> None:
    rulebook = book("/a", "/b")
    assert rulebook.get("/a") is rulebook.endpoints[0]
    assert rulebook.get("/c") is None


def test_book_with_more_endpoints_is_another_book() -> None:
    before = book("/a")
    after = before.with_endpoints(compile_endpoints({"path": "/b"}))
    assert len(before) == 1
    assert [one.name for one in after.endpoints] == ["/a", "/b"]


def test_endpoint_of_the_same_name_takes_the_place_of_the_other() -> None:
    before = book("/a", "/b")
    (other,) = compile_endpoints({"name": "/a", "path": "/elsewhere"})
    after = before.with_endpoints([other])
    assert [one.name for one in after.endpoints] == ["/a", "/b"]
    assert after.get("/a") is other
    assert (name_at(after, "/a"), name_at(after, "/elsewhere")) == (None, "/a")


def test_book_without_some_endpoints_keeps_the_others() -> None:
    before = book("/a", "/b", "/c")
    after = before.without(["/a", "/c", "/unknown"])
    assert [one.name for one in after.endpoints] == ["/b"]
    assert len(before) == 3


@given(
    st.lists(st.tuples(st.lists(SEGMENTS, max_size=3), st.booleans()), max_size=8),
    st.lists(PARTS, max_size=4),
)
def test_book_finds_what_a_search_of_all_endpoints_finds(
    patterns: list[tuple[list[str], bool]], parts: list[str]
) -> None:
    documents = []
    for number, (segments, takes_rest) in enumerate(patterns):
        # Every capture needs a name of its own.
        names = [one if "{" not in one else f"{{c{place}}}" for place, one in enumerate(segments)]
        path = "".join(f"/{name}" for name in names) + ("/**" if takes_rest else "")
        documents.append({"name": str(number), "path": path or "/"})
    endpoints = compile_endpoints(*documents)
    path = "".join(f"/{part}" for part in parts) or "/"
    assert Rulebook(endpoints).find(path) == search(endpoints, path)


def test_plain_path_is_found_without_trying_a_pattern(monkeypatch: pytest.MonkeyPatch) -> None:
    rulebook = book(*(f"/plain/{number}" for number in range(1000)), "/{a}/{b}", "/**")
    tried: list[str] = []
    monkeypatch.setattr(
        paths_module.PathPattern, "match", lambda self, path: tried.append(self.source)
    )
    assert name_at(rulebook, "/plain/700") == "/plain/700"
    assert tried == []


def test_only_the_pattern_that_wins_is_tried_on_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    rulebook = book("/{a}", "/{a}/{b}", "/x/{a}", "/{a}/{b}/{c}", "/y/**")
    tried: list[str] = []
    monkeypatch.setattr(
        paths_module.PathPattern, "match", lambda self, path: tried.append(self.source)
    )
    assert rulebook.find("/1/2") is None
    assert tried == ["/{a}/{b}"]


# --- faults ---------------------------------------------------------------------------------------


def test_faults_of_all_act_before_those_of_an_endpoint() -> None:
    faulty, plain = compile_endpoints({"path": "/a", "faults": ["drop"]}, {"path": "/b"})
    rulebook = Rulebook([faulty, plain], compile_faults("reset"))
    labels = [
        [fault.label for fault in rulebook.faults_at(name)] for name in ("/a", "/b", "/c", None)
    ]
    assert labels == [["reset", "drop"], ["reset"], ["reset"], ["reset"]]


def test_book_knows_whether_anything_goes_wrong() -> None:
    assert not book("/a").has_faults
    assert Rulebook((), compile_faults("drop")).has_faults
    assert Rulebook(compile_endpoints({"path": "/a", "faults": ["drop"]})).has_faults


def test_faults_stay_with_other_endpoints_and_endpoints_with_other_faults() -> None:
    before = book("/a").with_faults(compile_faults("drop"))
    after = before.with_endpoints(compile_endpoints({"path": "/b"})).without(["/a"])
    assert after.faults == before.faults
    other = after.with_faults(compile_faults("reset"))
    assert [fault.label for fault in other.faults] == ["reset"]
    assert other.endpoints == after.endpoints
