"""Writes that every process repeats: tables of plug-ins, copies of settings, paths of the installation.

What is stored is determined by the program and its settings, and storing it again changes nothing. A switch is no such
write: a constant says that something happened, and that is news to the other processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from statecheck.detectors.determined import Determined
from statecheck.detectors.guards import shape
from statecheck.detectors.latches import MAKING
from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Attr, Call, Comp, Const, Display, Expr, Name, Op, Sub
from statecheck.project.accesses import Access
from statecheck.project.callsites import handed
from statecheck.project.link import Project
from statecheck.project.tables import Store, key_name
from statecheck.project.values import CellPlace, ClassPlace, DefaultPlace, FieldPlace, GlobalPlace, Place, ScopeRef

FILLING = frozenset({".append()", ".add()", ".insert()", ".extend()", ".update()", ".setdefault()"})
ORDERING = frozenset({".sort()", ".reverse()", ".move_to_end()"})
DEEP = 4  # names and parameters followed to where a value stands


def is_repeated(project: Project, determined: Determined, place: Place, writes: Sequence[Access]) -> bool:
    """Does every process come to the same by these writes, whichever request makes them?"""
    if isinstance(place, (DefaultPlace, CellPlace)):
        return False  # what one call leaves there is what the next one did not ask for
    emptying = [write for write in writes if write.kind == "clear"]
    storing = [write for write in writes if write.kind != "clear"]
    if not storing or any(write.how != ".clear()" for write in emptying):
        return False
    if not all(_repeats(project, write) for write in storing) or not all(map(determined.write, storing)):
        return False
    rebinds = [write for write in storing if write.kind == "rebind"]
    return not rebinds or _is_one_value(project, place, rebinds)


def is_setting_repeated(project: Project, determined: Determined, spot: Spot) -> bool:
    """Does a setting of the process get the same value wherever it is written, in every process?"""
    if _is_made_at_start(project, spot.ref):
        return True
    targets = spot.event.targets if spot.event is not None and spot.call is None else ()
    target = next((part for part in targets if part.pos == spot.start), None)
    value = spot.event.value if spot.event is not None and spot.call is None else None
    if spot.call is not None:
        given = [*spot.call.args, *(word.value for word in spot.call.keywords)]
    elif value is None or (isinstance(value, Const) and value.kind in ("bool", "none")):
        return False
    else:
        given = [value, target.index] if isinstance(target, Sub) else [value]
    if not given or not determined.expressions(spot.ref, given, spot.region):
        return False
    others = _stores_beside(project, target)
    return value is None or all(other.value is not None and shape(other.value) == shape(value) for other in others)


def _is_made_at_start(project: Project, ref: ScopeRef) -> bool:
    """Is it the constructor of a class that is made once, and that code makes which runs before the first request?"""
    function = project.tables.function_around(ref)
    cls = project.tables.class_around(function)
    if cls not in project.lifetimes.singletons or project.scope(function).name not in MAKING:
        return False
    return cls is not None and any(
        project.is_application(site.caller.path) and not project.phases.runtime(site.caller)
        for site in project.graph.made.get(cls, ())
    )


def _stores_beside(project: Project, target: Expr | None) -> list[Store]:
    """What is stored elsewhere under the same key, or to an attribute of the same name."""
    if isinstance(target, Attr):
        return project.tables.attribute_stores[target.attr]
    key = key_name(target.index) if isinstance(target, Sub) else ""
    return project.tables.key_stores[key] if key else []


def _repeats(project: Project, write: Access) -> bool:
    if write.how == "[…] =" and write.event.value is not None:
        found = list(origins(project, write.ref, write.event.value, write.event.region))
        literal = {shape(origin) for origin in found if isinstance(origin, Const)}
        keys = [target.index for target in write.event.targets if isinstance(target, Sub)]
        fixed = bool(keys) and all(isinstance(key, Const) for key in keys)
        return len(literal) < (1 if fixed else 2) or all(_is_absent(project, write, key) for key in keys)
    if write.how in ORDERING:
        return True
    if write.how in FILLING:
        found = [each for given in write.given for each in origins(project, write.ref, given, write.event.region)]
        if write.how == ".setdefault()":
            return bool(found)
        if write.how == ".update()" and not write.given[1:]:
            return bool(found) and not any(map(_is_switch, found))
        return (
            bool(found)
            and not any(isinstance(each, (Call, Display, Comp)) for each in found)
            and not all(isinstance(given, Const) for given in write.given)
        )
    return write.kind == "rebind" and write.how in ("=", "setattr()", "[…] =") and write.value is not None


def _is_switch(value: Expr) -> bool:
    """A table of nothing but constants says that something happened; one that is worked out is a copy of settings."""
    if not isinstance(value, Display) or value.kind != "dict":
        return isinstance(value, (Display, Comp))
    return all(isinstance(part, Const) for part in value.items if part is not None)


def _is_absent(project: Project, write: Access, key: Expr) -> bool:
    """Does the write stand under ``if key not in table``?"""
    regions, region = project.tables.files[write.ref.path].facts.regions, write.event.region
    while region >= 0:
        test = regions[region].test
        if isinstance(test, Op) and test.op == "not in" and shape(test.operands[0]) == shape(key):
            return True
        region = regions[region].parent
    return False


def _is_one_value(project: Project, place: Place, rebinds: Sequence[Access]) -> bool:
    """Is one value put there, and was nothing else there before? Branches of one function may choose among several."""
    stored: set[object] = set()
    for write in rebinds:
        value, region = write.value, write.event.region
        found = list(origins(project, write.ref, value, region)) if value is not None else []
        if len({shape(each) for each in found}) > 1 or any(isinstance(each, Const) for each in found):
            return False
        stored.update(map(shape, found))
    if not stored or (len(stored) > 1 and not _is_choice(rebinds)):
        return False
    return all(shape(value) in stored for value in _first_values(project, place) if not _is_empty(value))


def _is_choice(rebinds: Sequence[Access]) -> bool:
    """``if of_the_settings: x = A() else: x = B()``"""
    return len({write.ref for write in rebinds}) == 1 and len({write.event.region for write in rebinds}) == len(rebinds)


def _first_values(project: Project, place: Place) -> list[Expr]:
    """What is there before the first of the writes."""
    if isinstance(place, GlobalPlace):
        bindings = project.tables.files[place.path].bindings.get((0, place.name), [])
        rows = [binding for binding in bindings if binding.scope == 0]
    elif isinstance(place, (ClassPlace, FieldPlace)):
        rows = project.tables.files[place.cls.path].bindings.get((place.cls.scope, place.name), [])
    else:
        rows = []
    return [binding.value for binding in rows if binding.value is not None]


def _is_empty(value: Expr) -> bool:
    if isinstance(value, Const):
        return value.kind == "none" or not value.length
    return (isinstance(value, Display) and not value.items) or (isinstance(value, Call) and not value.args)


def origins(project: Project, ref: ScopeRef, expr: Expr, region: int, deep: int = DEEP) -> Iterator[Expr]:
    """The expressions that a value stands in first, through names and parameters."""
    table = project.tables.files[ref.path]
    home = table.lookup(ref.scope, expr.id) if isinstance(expr, Name) else None
    if not isinstance(expr, Name) or home is None or not deep or table.facts.scopes[home].kind == "module":
        yield expr
        return
    bindings = table.reaching(home, expr.id, region, expr.pos) if home == ref.scope else table.bindings[home, expr.id]
    for binding in bindings:
        here = ScopeRef(ref.path, binding.scope)
        if binding.kind == "value" and binding.value is not None and not binding.unpack:
            yield from origins(project, here, binding.value, binding.region, deep - 1)
        elif binding.kind == "param" and binding.param is not None and binding.param.kind in ("normal", "keyword"):
            for site in project.evaluator.call_sites.of(here):
                given = handed(project.scope(here), binding.param, site)
                given = given or ([] if binding.param.default is None else [binding.param.default])
                for part in given:
                    yield from origins(project, site.caller, part, site.region, deep - 1)
        else:
            yield expr
