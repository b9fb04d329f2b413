"""What the threads of the readers share is what `docs/performance.md` says, and nothing else.

The page says of each why it is safe, or what it would need without the GIL. Tables (dicts,
lists and sets that are filled when their module is loaded) are not on the page: no function may
change one.
"""

import ast
import importlib
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache, partial
from inspect import getattr_static
from pathlib import Path
from struct import Struct
from types import BuiltinFunctionType, FunctionType, MappingProxyType, MethodType
from typing import Any, get_origin

import pytest

from tests.helpers.program import ROOT

ROOMS = ("actors", "transport")
PAGE = ROOT / "docs" / "performance.md"
TABLE = re.compile(r"<!-- shared state -->\n(.*?)<!-- end of shared state -->", re.DOTALL)
ROW = re.compile(r"^\| `([^`]+)` \| [^|]+ \| [^|]+ \|$", re.MULTILINE)

CACHES = {"cache", "lru_cache"}
MUTEXES = {f"threading.{name}" for name in ("Lock", "RLock", "Condition", "Semaphore", "Event")}
CHANGES = {
    *("add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop"),
    *("popitem", "popleft", "remove", "reverse", "setdefault", "sort", "update"),
}
PLAIN = (
    *(bool, int, float, complex, str, bytes, type, type(None), range, Enum, re.Pattern, Struct),
    *(FunctionType, BuiltinFunctionType, MethodType, property, classmethod, staticmethod),
)


@dataclass(frozen=True, slots=True)
class Module:
    name: str
    path: Path
    tree: ast.Module

    @property
    def place(self) -> str:
        return str(self.path.relative_to(ROOT))


@cache
def modules() -> tuple[Module, ...]:
    """All modules of the rooms whose code runs on the threads of readers."""
    paths = (path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))
    return tuple(
        Module(
            ".".join(("websocket_mock", *path.relative_to(ROOT).with_suffix("").parts)),
            path,
            ast.parse(path.read_text(encoding="utf-8")),
        )
        for path in paths
        if path.name != "__init__.py"
    )


def is_plain(value: Any) -> bool:
    """Whether nothing of a value can change. A table counts as such: the other test has those."""
    if isinstance(value, PLAIN) or type(value) is object or get_origin(value) is not None:
        return True
    if isinstance(value, (tuple, frozenset, list, set)):
        return all(is_plain(one) for one in value)
    if isinstance(value, (dict, MappingProxyType)):
        return all(is_plain(one) for one in value.values())
    if isinstance(value, partial):
        return is_plain(value.func) and is_plain(value.args) and is_plain(value.keywords)
    if is_dataclass(value) and _is_immutable(type(value)):
        return all(is_plain(getattr(value, field.name)) for field in fields(value))
    return type(value).__module__ in {"typing", "types", "re2", "annotated_types", "operator"}


def _is_immutable(kind: type) -> bool:
    made = vars(kind)["__dataclass_params__"]
    return bool(made.frozen or made.unsafe_hash)


def assigned(body: list[ast.stmt]) -> Iterator[str]:
    """The names that a module or class gives values to."""
    for statement in body:
        if isinstance(statement, ast.Assign):
            yield from (one.id for one in statement.targets if isinstance(one, ast.Name))
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            if isinstance(statement.target, ast.Name):
                yield statement.target.id
        elif isinstance(statement, (ast.If, ast.Try)):
            yield from assigned(statement.body)


def objects(module: Module) -> Iterator[str]:
    """What a module or one of its classes holds and could change."""
    loaded = importlib.import_module(module.name)
    holders: list[tuple[str, Any, list[ast.stmt]]] = [("", loaded, module.tree.body)]
    holders += [
        (f"{one.name}.", getattr(loaded, one.name), one.body)
        for one in module.tree.body
        if isinstance(one, ast.ClassDef)
    ]
    for prefix, holder, body in holders:
        for name in assigned(body):
            value = getattr_static(holder, name, None)
            if not is_plain(value) and not _is_of_a_model(holder, value):
                yield prefix + name


def _is_of_a_model(holder: Any, value: Any) -> bool:
    """Whether pydantic or a class with slots keeps what an instance has under this name."""
    kept = type(value).__name__ in {"member_descriptor", "FieldInfo", "ModelPrivateAttr"}
    return kept or (isinstance(holder, type) and isinstance(value, Mapping))


def called(node: ast.expr) -> str:
    """The last name of what is called, or of a decorator."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def caches(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef) and any(
            called(one) in CACHES for one in node.decorator_list
        ):
            yield node.name


def mutexes(module: Module) -> Iterator[str]:
    for one in module.tree.body:
        if isinstance(one, ast.ClassDef):
            for node in ast.walk(one):
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                    made = ast.unparse(node.value.func)
                    yield from (f"{one.name}.{called(t)}" for t in node.targets if made in MUTEXES)


def names_on_the_page() -> set[str]:
    table = TABLE.search(PAGE.read_text(encoding="utf-8"))
    assert table is not None
    return set(ROW.findall(table[1]))


def test_what_is_shared_is_on_the_page_and_nothing_else() -> None:
    found = {
        f"{module.place}: {name}"
        for module in modules()
        for name in (*objects(module), *caches(module), *mutexes(module))
    }
    assert found == names_on_the_page()


def names_of(module: Module) -> set[str]:
    """What a module assigns or imports."""
    names = set(assigned(module.tree.body))
    for node in module.tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names.update((one.asname or one.name).split(".")[0] for one in node.names)
    return names


def local_names(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    inside = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    parameters = function.args
    every = (*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs)
    return inside | {one.arg for one in every}


def changes(module: Module) -> Iterator[str]:
    """Where a function changes what a module holds, its own or an imported one."""
    held = names_of(module)
    for function in ast.walk(module.tree):
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            shared = held - local_names(function)
            for node in ast.walk(function):
                if isinstance(node, ast.Global):
                    yield f"{module.place}:{node.lineno}: global {', '.join(node.names)}"
                elif isinstance(node, ast.expr) and changed(node) in shared:
                    yield f"{module.place}:{node.lineno}: {changed(node)}"


def changed(node: ast.expr) -> str:
    """The name of what a statement or a call changes, or an empty text."""
    if isinstance(node, (ast.Subscript, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
        return getattr(node.value, "id", "")
    if isinstance(node, ast.Call) and called(node) in CHANGES:
        return getattr(getattr(node.func, "value", None), "id", "")
    return ""


def test_no_function_changes_what_a_module_holds() -> None:
    assert [place for module in modules() for place in changes(module)] == []


def parsed(code: str) -> Module:
    return Module("made_up", ROOT / "actors" / "made_up.py", ast.parse(code))


@pytest.mark.parametrize(
    "body",
    ["TABLE['a'] = 1", "del TABLE['a']", "TABLE.update(a=1)", "TABLE.a = 1", "global TABLE"],
)
def test_a_change_is_noticed(body: str) -> None:
    (place,) = changes(parsed(f"TABLE = {{}}\ndef change():\n    {body}\n"))
    assert place.startswith("actors/made_up.py:3: ")


@pytest.mark.parametrize("body", ["TABLE = {}\n    TABLE['a'] = 1", "return TABLE['a']"])
def test_what_changes_nothing_shared_is_not_noticed(body: str) -> None:
    assert list(changes(parsed(f"TABLE = {{}}\ndef change():\n    {body}\n"))) == []


def test_caches_and_mutexes_are_noticed() -> None:
    code = """
@functools.lru_cache(maxsize=4)
def kept(): ...
class Shared:
    def __init__(self):
        self._mutex = threading.Lock()
"""
    module = parsed(code)
    assert (list(caches(module)), list(mutexes(module))) == (["kept"], ["Shared._mutex"])


def test_only_what_cannot_change_is_plain() -> None:
    assert is_plain((1, "a", frozenset({b"x"}), Module, {"a": len}))
    assert not any(map(is_plain, (bytearray(), {"a": bytearray()}, [threading.Lock()])))
