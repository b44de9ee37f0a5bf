"""The functions of Helm's templates that place a value, or that ``if`` asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from statecheck.deployments.overlays.values import fields_of, items_of, with_fields, with_items
from statecheck.deployments.tree import Datum
from statecheck.model import Location

Function = Callable[[Sequence[Datum], Location], Datum]

_MAX_NUMBER = 12  # digits


def literal(text: str, place: Location) -> Datum:
    """A value that a template writes itself."""
    return Datum("value", text, place)


def nil(place: Location) -> Datum:
    """No value."""
    return Datum("null", "", place)


def no_one_knows(place: Location) -> Datum:
    """A value that only rendering gives."""
    return Datum("unknown", "", place, templated=True)


def is_true(datum: Datum) -> bool | None:
    """What ``if`` makes of a value, ``None`` where nobody knows. Values files do not tell "false" from false."""
    if datum.kind == "unknown":
        return None
    if datum.kind == "map":
        return bool(datum.fields)
    if datum.kind == "list":
        return bool(items_of(datum))
    return datum.kind == "value" and datum.value not in ("", "false", "0", "no", "off", "False")


def _truth(value: bool | None, place: Location) -> Datum:
    return no_one_knows(place) if value is None else literal("true" if value else "false", place)


def _same(given: Sequence[Datum], place: Location) -> Datum:
    """Functions that change how a value is written, and not what it says."""
    return given[-1] if given else no_one_knows(place)


def _first(given: Sequence[Datum], place: Location) -> Datum:
    return given[0] if given else no_one_knows(place)


def _default(given: Sequence[Datum], place: Location) -> Datum:
    if len(given) != 2:
        return no_one_knows(place)
    return given[0] if is_true(given[1]) is False else given[1]


def _coalesce(given: Sequence[Datum], place: Location) -> Datum:
    for each in given:
        if is_true(each) is not False:
            return each
    return nil(place)


def _ternary(given: Sequence[Datum], place: Location) -> Datum:
    known = is_true(given[2]) if len(given) == 3 else None
    return no_one_knows(place) if known is None else given[0] if known else given[1]


def _not(given: Sequence[Datum], place: Location) -> Datum:
    known = is_true(given[0]) if given else None
    return _truth(None if known is None else not known, place)


def _texts(given: Sequence[Datum]) -> list[str] | None:
    """The texts of scalars, ``None`` if one is not known."""
    if any(each.kind not in ("value", "null") for each in given):
        return None
    return [each.value for each in given]


def _equal(given: Sequence[Datum], place: Location) -> Datum:
    texts = _texts(given)
    return _truth(None if texts is None or len(texts) < 2 else texts[0] in texts[1:], place)


def _unequal(given: Sequence[Datum], place: Location) -> Datum:
    texts = _texts(given)
    return _truth(None if texts is None or len(texts) != 2 else texts[0] != texts[1], place)


def _numbers(given: Sequence[Datum]) -> list[int] | None:
    texts = _texts(given)
    if texts is None or any(len(text) > _MAX_NUMBER or not text.lstrip("-").isdecimal() for text in texts):
        return None
    return [int(text) for text in texts]


def _compared(test: Callable[[int, int], bool]) -> Function:
    def compare(given: Sequence[Datum], place: Location) -> Datum:
        numbers = _numbers(given)
        return _truth(None if numbers is None or len(numbers) != 2 else test(numbers[0], numbers[1]), place)

    return compare


def _computed(step: Callable[[int, int], int]) -> Function:
    def compute(given: Sequence[Datum], place: Location) -> Datum:
        numbers = _numbers(given)
        if not numbers:
            return no_one_knows(place)
        result = numbers[0]
        for number in numbers[1:]:
            result = step(result, number)
        return literal(str(result), place) if abs(result) < 10**_MAX_NUMBER else no_one_knows(place)

    return compute


def _changed(change: Callable[[str], str]) -> Function:
    def apply(given: Sequence[Datum], place: Location) -> Datum:
        if not given or given[-1].kind != "value":
            return _same(given, place)
        return given[-1]._replace(value=change(given[-1].value), fields={}, items=())

    return apply


def _trimmed(given: Sequence[Datum], place: Location) -> Datum:
    texts = _texts(given)
    if texts is None or len(texts) != 2:
        return no_one_knows(place)
    return given[1]._replace(value=texts[1].removesuffix(texts[0]), fields={}, items=())


def _replaced(given: Sequence[Datum], place: Location) -> Datum:
    texts = _texts(given)
    if texts is None or len(texts) != 3 or not texts[0]:
        return no_one_knows(place)
    return given[2]._replace(value=texts[2].replace(texts[0], texts[1]), fields={}, items=())


def _printed(given: Sequence[Datum], place: Location) -> Datum:
    texts = _texts(given)
    if not texts:
        return no_one_knows(place)
    parts = texts[0].replace("%d", "%s").replace("%v", "%s").replace("%q", '"%s"').split("%s")
    if len(parts) != len(texts) or any("%" in part for part in parts):
        return no_one_knows(place)
    whole = parts[0] + "".join(text + part for text, part in zip(texts[1:], parts[1:], strict=True))
    return literal(whole, place)


def _indexed(given: Sequence[Datum], place: Location) -> Datum:
    if not given:
        return no_one_knows(place)
    found = given[0]
    for key in given[1:]:
        if found.kind == "unknown" or key.kind != "value":
            return no_one_knows(place)
        items = items_of(found)
        if items and key.value.isdecimal():
            at = int(key.value) if len(key.value) < 6 else len(items)
            found = items[at] if at < len(items) else nil(place)
        else:
            found = fields_of(found).get(key.value) or nil(place)
    return found


def _mapping(given: Sequence[Datum], place: Location) -> Datum:
    """``dict "a" 1 "b" 2``."""
    if len(given) % 2:
        return no_one_knows(place)
    pairs = {key.value: value._replace(key=key.value) for key, value in zip(given[::2], given[1::2], strict=True)}
    return with_fields(Datum("map", "{}", place), pairs)


def _listing(given: Sequence[Datum], place: Location) -> Datum:
    return with_items(Datum("list", "[]", place), [each._replace(key="") for each in given])


def _has_key(given: Sequence[Datum], place: Location) -> Datum:
    if len(given) != 2 or given[0].kind == "unknown":
        return no_one_knows(place)
    return _truth(given[1].value in fields_of(given[0]), place)


FUNCTIONS: Mapping[str, Function] = MappingProxyType({
    **dict.fromkeys(("quote", "squote", "int", "int64", "float64", "toString", "trim", "toYaml", "nindent"), _same),
    **dict.fromkeys(("indent", "trunc", "required", "toJson", "fromYaml", "toRawJson", "trimAll", "deepCopy"), _same),
    "tpl": _first,
    "default": _default,
    "coalesce": _coalesce,
    "ternary": _ternary,
    "not": _not,
    "empty": _not,
    "eq": _equal,
    "ne": _unequal,
    "gt": _compared(lambda one, other: one > other),
    "ge": _compared(lambda one, other: one >= other),
    "lt": _compared(lambda one, other: one < other),
    "le": _compared(lambda one, other: one <= other),
    "add": _computed(lambda one, other: one + other),
    "sub": _computed(lambda one, other: one - other),
    "mul": _computed(lambda one, other: one * other),
    "div": _computed(lambda one, other: one // other if other else 0),
    "max": _computed(max),
    "min": _computed(min),
    "lower": _changed(str.lower),
    "upper": _changed(str.upper),
    "trimSuffix": _trimmed,
    "replace": _replaced,
    "printf": _printed,
    "index": _indexed,
    "get": _indexed,
    "dict": _mapping,
    "list": _listing,
    "hasKey": _has_key,
})  # fmt: skip
