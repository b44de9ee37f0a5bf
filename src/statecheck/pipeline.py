"""From settings to a report: the function to read first.

settings → discover → extract facts → link → run rules → fingerprint → triage → report. Only the two ends
touch the disk.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from os.path import normpath
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from statecheck.deployments.picture import deployed
from statecheck.detectors import load_detectors
from statecheck.detectors.api import Context
from statecheck.detectors.explain import explain as explain_line
from statecheck.discovery import Tree, within
from statecheck.facts.job import roomy
from statecheck.fixes.propose import Proposals
from statecheck.material import Material, gather
from statecheck.model import BaselineEntry, Finding, Problem, Report, Summary
from statecheck.project.knowledge import Knowledge
from statecheck.project.link import Project, failures, link
from statecheck.request import Request, find_files
from statecheck.rules.load import load
from statecheck.rules.schema import Pack, Rule
from statecheck.settings import Settings
from statecheck.triage.baseline import can_be_known, compare, entry_of, known_to_either
from statecheck.triage.directives import directives
from statecheck.triage.fingerprint import fingerprinted
from statecheck.triage.merge import merged
from statecheck.triage.parse import document_failures, parse_failures
from statecheck.triage.profile import in_profile
from statecheck.triage.select import ignored_in_file, options_of, selected, with_severity
from statecheck.triage.sort import sort_out
from statecheck.triage.suppress import DETECTOR as COMMENTS
from statecheck.triage.suppress import Judged, judge_comments, suppressed
from statecheck.triage.taught import stands_in, taught_models, vouched_for
from statecheck.triage.texts import Texts

PARSER = "parse"  # rules about files that could not be read name this instead of a detector


class Analysis(NamedTuple):
    """One linked tree, with what it was linked from."""

    material: Material
    project: Project


def load_rules(settings: Settings, root: Path = Path()) -> Pack:
    """The default rule pack and those of the settings. Raises PackError."""
    return load([Path(normpath(root / path)) for path in settings.rule_paths])


def collect(request: Request, tree: Tree) -> Material:
    """Rules, files and facts. Raises PackError for rules that cannot be used."""
    progress = request.progress
    reading = (lambda done, total: progress("Reading", done, total)) if progress else None
    with request.timed("rules"):
        rules = load_rules(request.settings, request.root)
    return _gathered(tree, rules, request, reading)


def _gathered(
    tree: Tree,
    rules: Pack,
    request: Request,
    progress: Callable[[int, int], None] | None = None,
    like: Material | None = None,
) -> Material:
    jobs = request.jobs or request.settings.jobs
    return gather(tree, rules, jobs, progress, like, request.cache, request.timed, request.executor)


def analyse(material: Material, request: Request) -> Analysis:
    """Link the facts."""
    if request.progress:
        request.progress("Linking", 0, 0)
    roles = {file.path: file.role for file in material.tree.files}
    knowledge = Knowledge(material.pack, taught_models(request.settings))
    with request.timed("link"):
        return Analysis(material, link(material.facts, roles, knowledge))


def check(request: Request) -> Report:
    """Check a project: the whole pipeline up to the report."""
    tree = find_files(request)
    if not any(within(file.path, request.root, request.paths) for file in tree.files):
        return Report(root=str(request.root), errors=tree.problems)  # nobody asked about the rest
    with _without_collector(request.keep is not None):
        material = collect(request, tree)
        return roomy(
            lambda: judge(material, request, earlier(material, request))
        )  # facts of long expressions nest deeper than usual stacks allow


@contextmanager
def _without_collector(frozen: bool = False) -> Iterator[None]:
    """Facts and tables live to the end and have hardly any cycles: looking for some costs a tenth of the time.

    ``frozen``: what is alive then is not looked through later, either.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if frozen:
            gc.freeze()
        if was_on:
            gc.enable()


class Earlier(NamedTuple):
    """What an older state of the tree held, and what keeps us from knowing all of it."""

    entries: tuple[BaselineEntry, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]


class Judgement(NamedTuple):
    """The findings of a tree, marked by comments but not compared; the rules that ran; what went wrong."""

    analysis: Analysis
    findings: list[Finding]
    ran: list[str]
    problems: list[Problem]


def look(material: Material, request: Request) -> Judgement:
    """Link what was read and run the rules over it."""
    analysis = analyse(material, request)
    found, problems = find(analysis, request)
    ran = ran_to_end(material.pack, request, problems)
    with request.timed("triage"):
        texts = Texts(material.read)
        found = fingerprinted(found, analysis.project, texts)
        found = suppress(found, analysis, request, texts, ran)
        wanted = [finding for finding in found if not ignored_in_file(finding, request.settings, material.pack)]
    return Judgement(analysis, wanted, ran, problems)


def earlier(material: Material, request: Request) -> Earlier | None:
    """The findings of the older state, under the same settings and rules; None where nothing is compared with one."""
    if request.base is None:
        return None
    old = _gathered(request.base, material.pack, request, like=material)
    _, found, _, problems = look(old, request)
    shown = sort_out(found, request.settings)["shown"]  # what nobody saw there is new once it is seen
    broken = [Problem("", f"{each.message} (in {request.against})") for each in problems if not each.path]
    unparsed = [path for path, _ in failures(old.facts)]
    doubts = [f"{path} could not be parsed in {request.against}: all its findings are new" for path in unparsed]
    return Earlier(tuple(map(entry_of, filter(can_be_known, shown))), tuple(broken), tuple(doubts))


def judge(material: Material, request: Request, old: Earlier | None = None) -> Report:
    """Tell what is found from what is known, and put it into a report."""
    analysis, wanted, ran, problems = look(material, request)
    if request.keep is not None:
        request.keep(analysis)  # to free a project takes a twelfth of the time of a warm run
    unparsed = {path for path, _ in failures(material.facts)}
    compared = compare(request.baseline or (), wanted, lambda entry: entry.rule in ran and entry.path not in unparsed)
    judged = compared.findings if request.baseline is not None else wanted
    if old is not None:
        judged = known_to_either(judged, compare(old.entries, wanted, lambda _: False).findings)
    groups = sort_out([finding for finding in judged if _is_in_paths(finding, request)], request.settings)
    whole = not (unparsed or material.problems or problems)
    with request.timed("fixes"):
        proposals = Proposals(analysis.project, material.pack, Texts(material.read), whole)
        shown, hidden = proposals.added(groups["shown"]), proposals.added(groups["hidden"])
    report = Report(
        root=str(request.root),
        findings=shown,
        hidden=hidden,
        suppressed=groups["suppressed"],
        unchanged=groups["unchanged"],
        absent=tuple(compared.absent),
        compared=request.baseline is not None or old is not None,
        ran=tuple(ran),
        errors=(*material.problems, *problems, *(old.problems if old else ())),
        digests=proposals.digests((*shown, *hidden)),
    )
    summary = summarise(analysis, report)
    if old is not None:
        against = request.against + (" or the baseline" if request.baseline is not None else "")
        summary = replace(summary, compared_with=against, warnings=(*summary.warnings, *old.warnings))
    return replace(report, summary=summary)


def suppress(
    found: Sequence[Finding], analysis: Analysis, request: Request, texts: Texts, ran: Sequence[str]
) -> list[Finding]:
    """Let comments act on the findings; findings about the comments themselves join them."""
    material, project = analysis.material, analysis.project
    comments = directives(project.files, material.documents, texts)
    if not comments:
        return list(found)
    applied = suppressed(found, comments, material.pack)

    def looked_at(path: str) -> bool:
        return project.is_application(path) or path in material.documents

    rules = Judged(material.pack, ran, looked_at, request.settings.require_reason)
    about = [
        with_severity(finding, request.settings, material.pack)
        for finding in judge_comments(comments, applied.used, rules)
    ]
    marked = fingerprinted(about, project, texts)
    return [*applied.findings, *suppressed(marked, comments, material.pack).findings]


def ran_to_end(pack: Pack, request: Request, problems: Sequence[Problem]) -> list[str]:
    """The selected rules, if no detector broke: of a broken one nobody knows what it would have found."""
    broken = any(not problem.path for problem in problems)
    return [] if broken else [rule.name for rule in selected(pack, request.settings)]


def find(analysis: Analysis, request: Request) -> tuple[list[Finding], list[Problem]]:
    """All findings as the settings want them judged, and what went wrong on the way."""
    pack, settings = analysis.material.pack, request.settings
    found, problems = run_rules(analysis, selected(pack, settings), request)
    bodies = vouched_for(analysis.project, settings)
    found = [finding for finding in merged(found) if not stands_in(finding, bodies)]
    found = deployed(analysis.project, analysis.material.documents, pack, found)
    found += parse_failures(pack, failures(analysis.material.facts))
    found += document_failures(pack, analysis.material.documents)
    concerned = [finding for each in found if (finding := in_profile(each, settings.profile))]
    return [with_severity(finding, settings, pack) for finding in concerned], problems


def explain(request: Request, path: str, line: int) -> str:
    """Everything known about the state at a line. ``path`` is relative to the root, with "/"."""
    with _without_collector():
        material = collect(request, find_files(request))
        return roomy(lambda: _explain(material, request, path, line))


def _explain(material: Material, request: Request, path: str, line: int) -> str:
    analysis = analyse(material, request)
    found, _ = find(analysis, request)
    return explain_line(analysis.project, path, line, found)


def run_rules(analysis: Analysis, rules: Sequence[Rule], request: Request) -> tuple[list[Finding], list[Problem]]:
    """All findings of the selected rules. A detector that crashes costs its own findings and is reported."""
    with request.timed("import"):
        detectors = load_detectors(request.plugins)
    options = options_of(rules, request.settings)
    context = Context(
        analysis.project, analysis.material.documents, options, lambda rule: request.timed(f"rule {rule}")
    )
    found: list[Finding] = []
    problems: list[Problem] = []
    for name in dict.fromkeys(name for rule in rules for name in (rule.detector, *rule.also_detected_by)):
        if name in (PARSER, COMMENTS):
            continue  # what could not be parsed is known before any detector runs, what comments do after
        if name not in detectors:
            problems.append(Problem("", f'no detector "{name}" is installed: its rules were not checked'))
            continue
        try:
            asked = [rule for rule in rules if name in (rule.detector, *rule.also_detected_by)]
            lone = f"rule {asked[0].name}" if len(asked) == 1 else f"detector {name}"
            with request.timed(lone):
                found += detectors[name](asked, context)
        except Exception as error:  # a broken detector must not hide what the others found
            problems.append(Problem("", f"internal error in detector {name}: {type(error).__name__}: {error}"))
    return found, problems


def _is_in_paths(finding: Finding, request: Request) -> bool:
    if not request.paths:
        return True
    places = {
        finding.location.path,
        *(step.location.path for step in finding.flow if step.role in ("definition", "write")),
    }
    return any(within(path, request.root, request.paths) for path in places)


def summarise(analysis: Analysis, report: Report) -> Summary:
    """What was looked at, with warnings where "nothing found" could be mistaken for "clean"."""
    project = analysis.project
    documents = analysis.material.documents
    broken = [path for path, facts in documents.items() if facts.failure is not None]
    unparsed = (*(path for path, _ in failures(analysis.material.facts)), *broken)
    warnings = [
        f"{framework} is imported, but no entry point of it was found: its requests were not followed"
        for framework in project.silent_frameworks()
    ]
    return Summary(
        files=len(project.files),
        documents=len(documents),
        lines=sum(len(facts.line_starts) for facts in project.files.values()),
        entry_points=project.frameworks(),
        unresolved_imports=tuple(project.unresolved_imports()),
        unparsed=unparsed,
        shown=len(report.findings),
        hidden=len(report.hidden),
        suppressed=len(report.suppressed),
        unchanged=len(report.unchanged),
        stale=len(report.absent),
        warnings=tuple(warnings),
    )
