"""Turns the expressions of templates into functions, which evaluate them without Jinja2.

Jinja2 makes a context for each rendering and asks the sandbox about each attribute, which takes
ten times as long as the look-ups themselves. So each node of the syntax tree becomes a function. It
does what the code does that Jinja2 generates for the node, in the same order. The sandbox still
decides what a template may do: the functions call it for attributes, items, operators, calls,
filters and tests. They do without it only where the answer is certain: for a key that a JSON object
has, and for the parts of a message.

What is rare is left to Jinja2, such as slices and all statements: then `NeedsJinja` is raised.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import nodes

from websocket_mock.actors.conversation.names import MESSAGE_PARTS
from websocket_mock.actors.conversation.sandbox import Sandbox, concatenate, join_parts, shown
from websocket_mock.actors.matching.message_view import MessageView

Evaluate = Callable[[Mapping[str, Any]], Any]
"""Takes the names that a template sees, and returns the value of an expression."""


class NeedsJinja(Exception):
    """Raised when a template has something that only Jinja2 can render."""


_BOUNDED = {nodes.Add: "+", nodes.Mul: "*", nodes.Pow: "**", nodes.Mod: "%"}
"""The operators that the sandbox bounds."""

_OPERATORS: Mapping[type[nodes.Expr], Callable[[Any, Any], Any]] = {
    nodes.Sub: operator.sub,
    nodes.Div: operator.truediv,
    nodes.FloorDiv: operator.floordiv,
}

_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "gteq": operator.ge,
    "lt": operator.lt,
    "lteq": operator.le,
    "in": lambda item, items: item in items,
    "notin": lambda item, items: item not in items,
}


class ExpressionCompiler:
    """Compiles expressions for one sandbox. Stateless; any thread may use it, and its functions.

    Args:
        sandbox: decides what an expression may do, and what stands for something that is missing.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        # Functions, filters and tests may ask for a context. None of ours reads a name in it.
        self._context = sandbox.from_string("").new_context()

    def compile_output(self, tree: nodes.Template) -> Callable[[Mapping[str, Any]], str]:
        """Return a function that renders a text.

        Raises:
            NeedsJinja: it has statements, or an expression that only Jinja2 can evaluate.
        """
        parts: list[str | Evaluate] = []
        for output in tree.body:
            if not isinstance(output, nodes.Output):
                raise NeedsJinja
            for node in output.nodes:
                if isinstance(node, nodes.TemplateData):
                    parts.append(node.data)
                else:
                    parts.append(self.compile(node))

        return lambda names: join_parts(
            part if isinstance(part, str) else str(shown(part(names))) for part in parts
        )

    def compile(self, node: nodes.Node) -> Evaluate:
        """Return a function that evaluates an expression. The value may be undefined.

        Raises:
            NeedsJinja: only Jinja2 can evaluate it.
        """
        match node:
            case nodes.Const(value=value):
                return lambda _: value
            case nodes.Name() | nodes.Getattr() | nodes.Getitem(arg=nodes.Const()):
                return self._compile_path(node)
            case nodes.Getitem(node=owner, arg=arg) if not isinstance(arg, nodes.Slice):
                return self._combine(self._sandbox.getitem, owner, arg)
            case nodes.Filter() | nodes.Test() if node.node is not None:
                return self._compile_filter_or_test(node)
            case nodes.Call():
                return self._compile_call(node)
            case nodes.List(items=items):
                values = self._compile_all(items)
                return lambda names: [value(names) for value in values]
            case nodes.Tuple(items=items):
                values = self._compile_all(items)
                return lambda names: tuple([value(names) for value in values])
            case nodes.Dict(items=items):
                pairs = [(self.compile(one.key), self.compile(one.value)) for one in items]
                return lambda names: {key(names): value(names) for key, value in pairs}
            case _:
                return self._compile_operator(node)

    def _compile_all(self, written: Sequence[nodes.Node]) -> list[Evaluate]:
        return [self.compile(one) for one in written]

    # --- names, attributes and items ----------------------------------------------------------

    def _compile_path(self, node: nodes.Node) -> Evaluate:
        """Compile a name or any expression, followed by attributes and constant items."""
        steps: list[tuple[Any, Callable[[Any, Any], Any]]] = []
        while True:
            match node:
                case nodes.Getattr(node=owner, attr=key):
                    steps.append((key, self._sandbox.getattr))
                case nodes.Getitem(node=owner, arg=nodes.Const(value=key)):
                    steps.append((key, self._sandbox.getitem))
                case _:
                    break
            node = owner
        begin = (
            self._compile_name(node.name) if isinstance(node, nodes.Name) else self.compile(node)
        )
        if not steps:
            return begin
        steps.reverse()

        def follow(names: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the value of any expression
            value = begin(names)
            for key, look_up in steps:
                kind = type(value)
                if kind is dict and key in value:
                    value = value[key]
                elif kind is MessageView and key in MESSAGE_PARTS:
                    value = getattr(value, key)
                else:
                    value = look_up(value, key)
            return value

        return follow

    def _compile_name(self, name: str) -> Evaluate:
        if name.startswith("__") or name == "self":
            raise NeedsJinja  # Jinja2 and the sandbox give these a meaning
        sandbox = self._sandbox

        def read(names: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the value of any expression
            try:
                return names[name]
            except KeyError:
                known = sandbox.globals
                return known[name] if name in known else sandbox.undefined(name=name)

        return read

    # --- calls --------------------------------------------------------------------------------

    def _compile_call(self, node: nodes.Call) -> Evaluate:
        arguments, options = self._compile_arguments(node)
        if isinstance(node.node, nodes.Name) and node.node.name == "__concatenate__":
            return lambda names: concatenate(*[one(names) for one in arguments])
        function, call, context = self.compile(node.node), self._sandbox.call, self._context
        return lambda names: call(
            context,
            function(names),
            *[one(names) for one in arguments],
            **{key: one(names) for key, one in options.items()},
        )

    def _compile_filter_or_test(self, node: nodes.Filter | nodes.Test) -> Evaluate:
        sandbox, context, name = self._sandbox, self._context, node.name
        is_filter = isinstance(node, nodes.Filter)
        known: Mapping[str, Any] = sandbox.filters if is_filter else sandbox.tests
        if name not in known:
            raise NeedsJinja  # which refuses it
        value = self.compile(node.node)  # type: ignore[arg-type] # `compile` has checked it
        arguments, options = self._compile_arguments(node)
        function = known[name]
        if not getattr(function, "__dict__", None):
            if not node.args and not options:
                return lambda names: function(value(names))
            return lambda names: function(
                value(names),
                *[one(names) for one in arguments],
                **{key: one(names) for key, one in options.items()},
            )
        # Jinja2 marks the functions that get the context or the environment, too.
        call = sandbox.call_filter if is_filter else sandbox.call_test
        return lambda names: call(
            name,
            value(names),
            [one(names) for one in arguments],
            {key: one(names) for key, one in options.items()},
            context,
        )

    def _compile_arguments(
        self, node: nodes.Call | nodes.Filter | nodes.Test
    ) -> tuple[list[Evaluate], dict[str, Evaluate]]:
        options = {str(one.key): self.compile(one.value) for one in node.kwargs}
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise NeedsJinja
        if len(options) != len(node.kwargs):
            raise NeedsJinja  # a repeated option
        return self._compile_all(node.args), options

    # --- operators ----------------------------------------------------------------------------

    def _compile_operator(self, node: nodes.Node) -> Evaluate:
        match node:
            case nodes.Compare(expr=left, ops=[nodes.Operand(op=name, expr=right)]):
                return self._combine(_COMPARISONS[name], left, right)
            case nodes.And(left=left, right=right):
                one, other = self.compile(left), self.compile(right)
                return lambda names: one(names) and other(names)
            case nodes.Or(left=left, right=right):
                one, other = self.compile(left), self.compile(right)
                return lambda names: one(names) or other(names)
            case nodes.Not(node=operand):
                value = self.compile(operand)
                return lambda names: not value(names)
            case nodes.Neg(node=operand):
                value = self.compile(operand)
                return lambda names: -value(names)
            case nodes.CondExpr(test=test, expr1=expr1, expr2=expr2) if expr2 is not None:
                condition, one, other = self._compile_all([test, expr1, expr2])
                return lambda names: one(names) if condition(names) else other(names)
            case nodes.BinExpr(left=left, right=right) if type(node) in _BOUNDED:
                call, context, sign = self._sandbox.call_binop, self._context, _BOUNDED[type(node)]
                return self._combine(
                    lambda one, other: call(context, sign, one, other), left, right
                )
            case nodes.BinExpr(left=left, right=right) if type(node) in _OPERATORS:
                return self._combine(_OPERATORS[type(node)], left, right)
            case _:
                raise NeedsJinja

    def _combine(
        self, function: Callable[[Any, Any], Any], left: nodes.Node, right: nodes.Node
    ) -> Evaluate:
        one, other = self.compile(left), self.compile(right)
        return lambda names: function(one(names), other(names))
