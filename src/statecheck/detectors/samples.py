"""Code that no deploy runs, by its looks: examples, documentation, what is for development, builds and tests."""

from __future__ import annotations

import re
from collections.abc import Container

from statecheck.detectors.spots import Spot
from statecheck.facts.ir import Call, Const, Region
from statecheck.facts.walk import last_name
from statecheck.project.link import Project
from statecheck.project.settings import OTHER_PROFILES, profile
from statecheck.project.settings_modules import DEBUG_NAMES, profile_of_name

DEVELOPMENT = frozenset({"devserver", "runserver", "manage"})
SAMPLES = frozenset(
    {"snippet", "fixture", "tutorial", "testdata", "demo", "cookbook", "mock", "benchmark", "placeholder", "build"}
)


def is_sample(path: str) -> bool:
    """Is the file an example, documentation, or for development, builds and tests by its name?"""
    *folders, name = path.lower().removesuffix(".py").split("/")
    words = [word for part in folders for word in re.split(r"[_.-]", part)]
    own = re.split(r"[_.-]", name)
    return (
        bool(profile(path))
        or name in DEVELOPMENT
        or any(
            word.startswith("test") or word in OTHER_PROFILES or word.rstrip("s") in OTHER_PROFILES for word in words
        )
        or any(word.rstrip("s") in SAMPLES for word in (*words, *own))
    )


def stands_in_sample(project: Project, samples: Container[str], spot: Spot) -> bool:
    """Is it in one of the files, in a class for another deploy, under ``if DEBUG``, or a literal of a lambda?"""
    scope = project.scope(spot.ref)
    literal = spot.value is not None and isinstance(spot.value.expr, Const)
    if spot.ref.path in samples or (scope.kind == "lambda" and literal):
        return True
    if scope.kind == "class" and profile_of_name(scope.name) != "":
        return True
    return is_for_debugging(project, spot)


def is_for_debugging(project: Project, spot: Spot) -> bool:
    """Does it stand under ``if DEBUG``?"""
    regions, region = project.files[spot.ref.path].regions, spot.region
    while region >= 0:
        if _asks_for_debugging(regions[region]):
            return True
        region = regions[region].parent
    return False


def _asks_for_debugging(region: Region) -> bool:
    """``if DEBUG:``, ``if is_debug():``: what stands there is for the machine of a developer."""
    test = region.test.func if isinstance(region.test, Call) else region.test
    name = last_name(test) if test is not None and region.kind == "if" else ""
    return "debug" in name.lower() or name in DEBUG_NAMES
