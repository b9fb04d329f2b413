"""Templates that Jinja2 renders: those with loops and other statements."""

from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import nodes
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context

from websocket_mock.actors.conversation.sandbox import Budget, Sandbox, concatenate

BUDGET = "__budget__"
"""The name of a budget that several renderings share; templates cannot use it."""


class JinjaTemplate:
    """A template. Immutable; any thread may use it.

    Args:
        sandbox: renders it.
        tree: what the sandbox has parsed.

    Raises:
        TemplateError: it cannot be compiled.
    """

    __slots__ = ("_globals", "_names", "_template")

    def __init__(self, sandbox: Sandbox, tree: nodes.Template) -> None:
        self._template = sandbox.from_string(tree)
        self._globals = {**sandbox.globals, "__concatenate__": concatenate}
        self._names = find_undeclared_variables(tree) | sandbox.globals.keys()

    def generate(self, names: Mapping[str, Any]) -> Iterator[str]:
        """Render the template part by part."""
        return self._template.root_render_func(self._new_context(names))

    def evaluate(self, names: Mapping[str, Any], variable: str) -> Any:  # noqa: ANN401
        """Return the value that a variable has in the end."""
        context = self._new_context(names)
        for _ in self._template.root_render_func(context):
            pass
        return context.vars[variable]

    def _new_context(self, names: Mapping[str, Any]) -> Context:
        # To copy all names would compute those that the template does not use.
        seen = {**self._globals, **{name: names[name] for name in self._names if name in names}}
        if "__spend__" in self._names:
            seen["__spend__"] = Budget(outer=names.get(BUDGET)).spend
        return self._template.new_context(seen, shared=True)
