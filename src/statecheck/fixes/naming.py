"""How the variable is called that takes the place of a value."""

from __future__ import annotations

import re
from typing import NamedTuple

from statecheck.facts.ir import Attr, Call, Const, Display, Expr, Name, Sub
from statecheck.fixes.places import Spot, keyword_of, position_of
from statecheck.project.link import Project
from statecheck.project.values import Foreign, ForeignInstance, ScopeRef
from statecheck.rules.schema import Form, Model, Rule

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"\W+", re.ASCII)
_ADDRESS = re.compile(r"(_|^)(URL|URI|DSN)$")
_SAY_NOTHING = frozenset(
    {"__init__", "__main__", "app", "main", "settings", "config", "base", "common", "conf", "constants", "utils", "src"}
)
_SETTINGS = re.compile(r"(?i)config|settings|conf$|env")
_MODULES = frozenset({"builtins"})


class Taker(NamedTuple):
    """What takes the value: a name, or an argument of a call. ``around`` says whose it is; "" where that is not known.

    No ``key``: nothing does, or only what a call makes of it.
    """

    key: str
    around: str = ""
    is_given: bool = False  # to a call
    is_entry: bool = False  # of a dict


class Words(NamedTuple):
    """Names that say too little, and variables that mean something else everywhere."""

    plain: frozenset[str]
    taken: frozenset[str]


def words(models: tuple[Model, ...]) -> Words:
    """The words of all models."""
    return Words(
        frozenset(name for model in models for name in model.plain_names),
        frozenset(name for model in models for name in model.taken_variables),
    )


def variable(project: Project, path: str, spot: Spot, rule: Rule, form: Form | None, known: Words) -> str:
    """The name of the variable; "" where nothing says what the value is."""
    assert rule.fix is not None
    taker = taker_of(project, path, spot, form)
    text = spot.node.value if isinstance(spot.node, Const) else ""
    named = rule.fix.variables.get(form.id, "") if form else ""
    named = named or next((name for regex, name in rule.fix.by_text.items() if re.search(regex, text)), "")
    word = _word(taker, path, named, form, known)
    if not word:
        return named
    if "://" in text and not _ADDRESS.search(word):
        word += "_URL"
    if rule.fix.suffix and word.rpartition("_")[2].removesuffix("S") not in known.plain:
        word += f"_{rule.fix.suffix}"
    return f"APP_{word}" if word in known.taken else word


def _word(taker: Taker, path: str, named: str, form: Form | None, known: Words) -> str:
    """What the taker says; "" where ``named`` says it better."""
    word, around = capitals(taker.key), capitals(taker.around)
    if not word[:1].isalpha() or (taker.is_given and named and form is not None and form.call):
        return ""
    if taker.is_given and around and not (form and form.setting) and not word.startswith(around):
        return f"{around}_{word}"
    if word not in known.plain:
        return word
    if named or (taker.is_entry and not around):
        return ""
    around = around or capitals(_stem(path))
    return f"{around}_{word}" if around else word


def capitals(name: str) -> str:
    """``apiKey`` and ``api-key`` as API_KEY."""
    return _OTHER.sub("_", _CAMEL.sub("_", name)).strip("_").upper()


def taker_of(project: Project, path: str, spot: Spot, form: Form | None) -> Taker:
    """What takes the value at the place."""
    for index in range(len(spot.chain) - 1, 0, -1):
        child, parent = spot.chain[index], spot.chain[index - 1]
        if isinstance(parent, Call) and parent.func is not child:
            key = keyword_of(parent, child) or _of_form(form, parent, child)
            return Taker(key, _package(project, path, spot, parent.func) if key else "", is_given=True)
        if isinstance(parent, Display) and parent.kind == "dict" and (key := _entry(parent, child)):
            above = taker_of(project, path, spot._replace(chain=spot.chain[:index]), form)
            return Taker(key, "" if above.is_given else above.key, is_entry=True)
    return _bound(project, path, spot)


def _of_form(form: Form | None, call: Call, child: Expr) -> str:
    """The name of an argument that is given by place, as the form knows it."""
    if form is None or not form.call:
        return ""
    position = position_of(call, child)
    return next((row.argument for row in form.when if row.argument and row.position == position), "")


def _entry(display: Display, child: Expr) -> str:
    for key, item in zip(display.keys, display.items, strict=False):
        if item is child and isinstance(key, Const) and key.kind == "str":
            return key.value
    return ""


def _bound(project: Project, path: str, spot: Spot) -> Taker:
    if not spot.is_value or spot.event is None or not spot.event.targets:
        return Taker("")
    target = spot.event.targets[0]
    top = spot.chain[0]
    if isinstance(target, Display) and isinstance(top, Display) and len(spot.chain) > 1:
        pairs = zip(target.items, top.items, strict=False)
        target = next((name for name, item in pairs if item is spot.chain[1]), target)
    match target:
        case Name(id=name):
            scope = project.files[path].scopes[spot.scope]
            return Taker(name, scope.name if scope.kind == "class" and not _SETTINGS.search(scope.name) else "")
        case Attr(value=owner, attr=name):
            module = _package(project, path, spot, owner, modules=True)
            return Taker(f"{module}_{name}" if module else name)
        case Sub(index=Const(kind="str", value=name)):
            return Taker(name)
        case _:
            return Taker("")


def _package(project: Project, path: str, spot: Spot, expr: Expr, modules: bool = False) -> str:
    """The package of the foreign thing that is called; with ``modules`` of the module that has the attribute."""
    for item in project.evaluator.evaluate(ScopeRef(path, spot.scope), expr, spot.region):
        if isinstance(item.value, Foreign) or (not modules and isinstance(item.value, ForeignInstance)):
            top, _, rest = item.value.name.partition(".")
            if top not in _MODULES and not (modules and rest):
                return top
    return ""


def _stem(path: str) -> str:
    """What the path says: the name of the file, or that of its folder."""
    for part in reversed(path.removesuffix(".py").removesuffix(".pyw").split("/")):
        if part not in _SAY_NOTHING:
            return part
    return ""
