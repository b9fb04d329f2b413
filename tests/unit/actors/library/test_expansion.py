"""Named blocks of plain documents."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from websocket_mock.actors.documents.problems import BadDocument
from websocket_mock.actors.library import expansion
from websocket_mock.actors.library.compiler import CompiledMocks
from websocket_mock.actors.library.expansion import expand
from websocket_mock.actors.library.including import Source
from websocket_mock.actors.library.origins import Expanded
from websocket_mock.actors.library.parameters import Filled
from websocket_mock.actors.library.reading import compile_document

SAY: dict[str, Any] = {"send": {"text": "hi"}}


def source(file: str | None, document: Any, included: tuple[str, ...] = ()) -> Source:
    return Source(file, Filled(document, document), file, included)


def expanded(document: Any) -> Any:
    """The document without `use`; nothing may be wrong."""
    (found,), problems = expand([source(None, document)])
    assert problems == []
    return found.document


def problems(document: Any) -> list[str]:
    with pytest.raises(BadDocument) as caught:
        compile_document(document)
    return list(map(str, caught.value.problems))


def rules(*rules: Any, **shared: Any) -> dict[str, Any]:
    return {**shared, "endpoints": [{"path": "/a", "rules": list(rules)}]}


def doing(*actions: Any, **shared: Any) -> dict[str, Any]:
    return rules({"do": list(actions)}, **shared)


def done(document: Any) -> Any:
    return expanded(document)["endpoints"][0]["rules"][0]["do"]


# --- actions --------------------------------------------------------------------------------------


def test_actions_of_a_block_take_the_place_of_its_use() -> None:
    document = doing("ignore", {"use": "two"}, {"wait": 1}, actions={"two": [SAY, {"state": "x"}]})
    assert done(document) == ["ignore", SAY, {"state": "x"}, {"wait": 1}]


def test_block_can_use_blocks_that_stand_behind_it() -> None:
    document = doing({"use": "a"}, actions={"a": [{"use": "b"}, {"use": "b"}], "b": [SAY]})
    assert done(document) == [SAY, SAY]


@pytest.mark.parametrize(
    ("around", "keys"),
    [
        ({"after": {"delay": 1, "do": [{"use": "a"}]}}, ("after", "do")),
        ({"every": {"interval": 1, "do": [SAY], "then": [{"use": "a"}]}}, ("every", "then")),
        ({"for_each": {"in": [1], "do": [{"use": "a"}]}}, ("for_each", "do")),
        ({"choose": {"from": {}, "by": "a", "do": [{"use": "a"}]}}, ("choose", "do")),
        (
            {"choose": {"from": {}, "by": "a", "do": [SAY], "else": [{"use": "a"}]}},
            ("choose", "else"),
        ),
        ({"when": "true", "do": [{"use": "a"}]}, ("do",)),
        ({"when": "true", "do": [SAY], "else": [{"use": "a"}]}, ("else",)),
    ],
)
def test_every_list_of_actions_inside_an_action_can_use_blocks(around: Any, keys: Any) -> None:
    (found,) = done(doing(around, actions={"a": [SAY, "ignore"]}))
    for key in keys:
        found = found[key]
    assert found == [SAY, "ignore"]


def test_block_stands_for_several_steps_of_a_script() -> None:
    script = [{"expect": {"use": "m"}}, {"use": "a"}, {"close": {}}]
    endpoint = {"path": "/a", "script": script}
    blocks = {"actions": {"a": [SAY, {"wait": 1}]}, "matchers": {"m": {"text": "x"}}}
    assert expanded({**blocks, "endpoints": [endpoint]})["endpoints"][0]["script"] == [
        {"expect": {"text": "x"}},
        SAY,
        {"wait": 1},
        {"close": {}},
    ]


# --- conditions -----------------------------------------------------------------------------------


def test_conditions_of_a_block_and_of_the_match_are_all_there() -> None:
    blocks = {"login": {"use": "text", "json": {"$.a": 1}}, "text": {"type": "text"}}
    document = rules({"match": {"use": "login", "size": 3}, "do": [SAY]}, matchers=blocks)
    found = expanded(document)["endpoints"][0]["rules"][0]["match"]
    assert found == {"type": "text", "json": {"$.a": 1}, "size": 3}


@pytest.mark.parametrize("place", ["document", "endpoint", "action", "defaults"])
def test_match_of_a_fault_can_use_a_block(place: str) -> None:
    fault = {"drop": {}, "match": {"use": "m"}}
    documents: dict[str, dict[str, Any]] = {
        "document": {"faults": [fault]},
        "endpoint": {"endpoints": [{"path": "/a", "faults": [fault]}]},
        "action": doing({"fault": fault}),
        "defaults": {"defaults": {"faults": [fault]}, "endpoints": [{"path": "/a"}]},
    }
    document = {**documents[place], "matchers": {"m": {"text": "x"}}}
    assert "'use'" not in str(expanded(document))
    compile_document(document)


def test_key_that_the_match_and_its_block_have_is_refused() -> None:
    match = {"use": "m", "text": "a"}
    document = rules({"match": match, "do": [SAY]}, matchers={"m": {"text": "b"}})
    assert problems(document) == [
        "endpoints[0].rules[0].match.text: the block 'm' has this key, too; give it once"
    ]


# --- problems -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "problem"),
    [
        ({"use": "greed"}, "do[0].use: no block of `actions` is named 'greed'; did you mean"),
        ({"use": 5}, "do[0].use: give the name of a block of `actions`"),
        ({"use": ["greet"]}, "do[0].use: give the name of a block of `actions`"),
        ({"use": "greet", "wait": 1}, "do[0]: `use` stands alone"),
    ],
)
def test_use_that_cannot_be_expanded_is_told_at_its_place(action: Any, problem: str) -> None:
    (found,) = problems(doing(action, actions={"greet": [SAY]}))
    assert found.startswith(f"endpoints[0].rules[0].{problem}")


def test_use_without_any_block_says_that_there_are_none() -> None:
    (found,) = problems(doing({"use": "greet"}))
    assert found.endswith("no block of `actions` is named 'greet'; there are none here")


def test_what_is_wrong_in_a_block_is_told_once_at_the_block() -> None:
    blocks = {
        "form": [{"wait": 1}, {"clsoe": {}}],
        "template": [{"send": {"text": "{{"}}],
        "outer": [{"use": "form"}, {"use": "template"}],
    }
    matchers = {"bad": {"json": {"$[": 1}}, "more": {"use": "bad", "size": 1}}
    document = rules(
        {"match": {"use": "more"}, "do": [{"use": "outer"}, {"use": "form"}]},
        {"match": {"use": "bad"}, "do": [{"fault": {"drop": {}, "match": {"use": "more"}}}]},
        actions=blocks,
        matchers=matchers,
    )
    document["endpoints"].append(
        {"path": "/b", "script": [{"use": "template"}, {"expect": {"use": "bad"}}]}
    )
    assert [one.partition(": ")[0] for one in problems(document)] == [
        "actions.form[1].clsoe",
        "actions.template[0].send",
        "matchers.bad",
    ]


def test_problem_behind_a_block_has_the_index_that_was_written() -> None:
    document = doing({"use": "two"}, {"send": {"text": "{{"}}, actions={"two": [SAY, SAY]})
    (found,) = problems(document)
    assert found.startswith("endpoints[0].rules[0].do[1].send: ")


def test_warning_of_a_block_is_told_once_at_the_block() -> None:
    document = rules(
        {"match": {"text": "a"}, "do": [{"use": "a"}]},
        {"do": [{"wait": 1}, {"use": "a"}]},
        actions={"a": [SAY, {"send": {"text": "{{ mesage }}"}}]},
    )
    (warning,) = compile_document(document).warnings
    assert str(warning).startswith("actions.a[1].send.text: there is no 'mesage'")


def test_block_that_nothing_uses_is_checked() -> None:
    blocks = {"actions": {"a": [{"stat": "x"}]}, "matchers": {"m": {"txt": 1}, "n": {"use": "o"}}}
    assert [one.partition(": ")[0] for one in problems(blocks)] == [
        "matchers.n.use",
        "actions.a[0].stat",
        "matchers.m.txt",
    ]


@pytest.mark.parametrize(
    ("blocks", "circle"),
    [
        ({"a": [{"use": "a"}]}, "a → a"),
        ({"a": [{"use": "b"}], "b": [SAY, {"use": "c"}], "c": [{"use": "a"}]}, "a → b → c → a"),
        ({"x": [{"use": "a"}], "a": [{"wait": 1}, {"use": "a"}]}, "a → a"),
    ],
)
def test_block_that_uses_itself_is_refused_once(blocks: Any, circle: str) -> None:
    (found,) = problems(doing({"use": "a"}, actions=blocks))
    assert found.endswith(f".use: the block uses itself: {circle}")


def test_circle_of_lists_that_a_document_shares_is_refused() -> None:
    one: list[Any] = [{"use": "b"}]
    (found,) = problems(doing(SAY, actions={"a": one, "b": one}))
    assert "the block uses itself: b → b" in found


def test_list_that_is_inside_itself_is_refused() -> None:
    actions: list[Any] = [{"use": "a"}]
    actions += [{"after": {"delay": 1, "do": actions}}] * 2
    found = problems(rules({"do": actions}, actions={"a": [SAY]}))
    assert any("nested too deeply" in one for one in found)


@pytest.mark.parametrize("is_reversed", [False, True])
def test_chain_of_blocks_ends_at_the_limit(is_reversed: bool) -> None:
    def chain(length: int) -> dict[str, Any]:
        names = list(range(length - 1))
        blocks = {f"b{name}": [{"use": f"b{name + 1}"}] for name in names}
        items = [*blocks.items(), (f"b{length - 1}", [SAY])]
        return doing({"use": "b0"}, actions=dict(items[::-1] if is_reversed else items))

    assert done(chain(expansion.MAX_NESTING - 1)) == [SAY]
    assert any("lists of actions are inside" in one for one in problems(chain(2000)))


def test_blocks_that_grow_without_bound_are_refused() -> None:
    blocks = {f"b{one}": [{"use": f"b{one + 1}"}] * 2 for one in range(25)}
    found = problems(doing({"use": "b0"}, actions={**blocks, "b25": [SAY]}))
    assert any("add up to more than 10,000 actions" in one for one in found)


# --- several files --------------------------------------------------------------------------------


def of_files(*sources: Source) -> tuple[list[Expanded], list[str]]:
    files, found = expand(sources)
    return files, list(map(str, found))


def test_file_can_use_blocks_of_what_it_includes_through_others() -> None:
    low = source("low.yaml", {"actions": {"a": [SAY]}})
    middle = source("middle.yaml", {}, ("low.yaml",))
    files, found = of_files(low, middle, source(None, doing({"use": "a"}), ("middle.yaml",)))
    assert found == []
    assert files[-1].document["endpoints"][0]["rules"][0]["do"] == [SAY]


def test_included_file_cannot_use_blocks_of_the_file_that_includes_it() -> None:
    low = source("low.yaml", doing({"use": "a"}))
    _, found = of_files(low, source(None, {"actions": {"a": [SAY]}}, ("low.yaml",)))
    place = "low.yaml: endpoints[0].rules[0].do[0].use"
    assert found == [
        f"{place}: the block 'a' is in the main file, which this file does not include"
    ]


def test_name_of_a_block_in_two_files_is_refused() -> None:
    low = source("low.yaml", {"actions": {"a": [SAY]}, "matchers": {"a": {"text": "x"}}})
    _, found = of_files(low, source(None, {"actions": {"a": [SAY]}}, ("low.yaml",)))
    assert found == ["actions.a: low.yaml has a block of this name, too; names must differ"]


# --- anything -------------------------------------------------------------------------------------

NAMES = st.sampled_from("abcdef")
ACTIONS = st.recursive(
    st.just(SAY) | st.builds(lambda name: {"use": name}, NAMES) | st.just({"use": None}),
    lambda inner: st.lists(inner, max_size=3).map(lambda do: {"after": {"delay": 1, "do": do}}),
    max_leaves=8,
)
MATCHES = st.dictionaries(st.sampled_from(["use", "text", "size"]), NAMES | st.integers(0, 3))
BLOCKS = st.dictionaries(NAMES, st.lists(ACTIONS, max_size=4) | st.integers())
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "actions": BLOCKS,
        "matchers": st.dictionaries(NAMES, MATCHES | st.none()),
        "defaults": st.dictionaries(st.sampled_from(["unmatched", "path", "faults"]), NAMES),
        "endpoints": st.lists(
            st.fixed_dictionaries(
                {"path": st.just("/a")},
                optional={
                    "rules": st.lists(
                        st.fixed_dictionaries({"match": MATCHES, "do": st.lists(ACTIONS)})
                    ),
                    "script": st.lists(ACTIONS | st.builds(lambda m: {"expect": m}, MATCHES)),
                },
            ),
            max_size=2,
        ),
    },
)


@given(DOCUMENTS)
def test_any_graph_of_blocks_is_compiled_or_refused(document: Any) -> None:
    try:
        compiled = compile_document(document)
    except BadDocument as error:
        assert error.problems  # noqa: PT017 - either is right
        assert len(set(error.problems)) == len(error.problems)  # noqa: PT017
    else:
        assert isinstance(compiled, CompiledMocks)
        for endpoint in compiled.endpoints:
            assert '"use"' not in endpoint.source.model_dump_json(exclude_unset=True)


@given(DOCUMENTS)
def test_expansion_changes_nothing_of_what_it_is_given(document: Any) -> None:
    before = repr(document)
    expand([source(None, document)])
    assert repr(document) == before


@given(DOCUMENTS)
def test_document_that_is_expanded_once_stays_as_it_is(document: Any) -> None:
    (once,), _ = expand([source(None, document)])
    (twice,), found = expand([source(None, once.document)])
    assert found == []
    assert twice.document == once.document
