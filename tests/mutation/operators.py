"""Operators: the small faults that are put into a module's syntax tree, one at a time."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.RShift: ast.LShift,
    ast.LShift: ast.RShift,
}


@dataclass(frozen=True)
class Mutant:
    """One fault.

    Attributes:
        line: Where it is.
        text: The line as it stands, without its indentation.
        before: The expression as it stands.
        after: The expression as it becomes.
        source: The module with the fault.
    """

    line: int
    text: str
    before: str
    after: str
    source: str

    @property
    def name(self) -> str:
        """What becomes of what."""
        return f"{self.before} → {self.after}"


def find_mutants(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its text."""
    tree = ast.parse(source)
    places = [node for node in _walk_code(tree) if any(True for _ in _mutate(node))]
    lines = source.splitlines()
    return [mutant for node in places for mutant in _mutants_at(tree, node, lines[node.lineno - 1].strip())]


def _mutants_at(tree: ast.Module, node: ast.expr, text: str) -> Iterator[Mutant]:
    for changed in _mutate(node):
        source = ast.unparse(_Replace(node, changed).visit(copy.deepcopy(tree)))
        yield Mutant(node.lineno, text, ast.unparse(node), ast.unparse(changed), source)


class _Replace(ast.NodeTransformer):
    """Puts `new` where `old` stands; nodes are told apart by their place in the text."""

    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self._place, self._new = _place(old), new

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and _place(node) == self._place:
            return self._new
        return super().generic_visit(node)


def _place(node: ast.expr) -> tuple[object, ...]:
    return type(node), node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _walk_code(node: ast.AST) -> Iterator[ast.expr]:
    """Expressions that are computed: no annotations, no docstrings, no messages, no words in subscripts of types."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "exc", "format_spec", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr):
                if isinstance(child, ast.expr):
                    yield child
                yield from _walk_code(child)


def _mutate(node: ast.expr) -> Iterator[ast.expr]:
    """The faults of one expression."""
    match node:
        case ast.Compare(ops=[operator]) if type(operator) in _COMPARISONS:
            yield ast.Compare(node.left, [_COMPARISONS[type(operator)]()], node.comparators)
        case ast.BinOp(op=operator) if type(operator) in _ARITHMETIC and not _is_text(node):
            yield ast.BinOp(node.left, _ARITHMETIC[type(operator)](), node.right)
        case ast.BoolOp(op=ast.And()):
            yield ast.BoolOp(ast.Or(), node.values)
        case ast.BoolOp(op=ast.Or()):
            yield ast.BoolOp(ast.And(), node.values)
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert()):
            yield node.operand
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=float(value)):
            yield ast.Constant(value * 1.5 if value else 0.5)


def _is_text(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr | ast.Constant) and isinstance(getattr(side, "value", ""), str)
        for side in (node.left, node.right)
    )
