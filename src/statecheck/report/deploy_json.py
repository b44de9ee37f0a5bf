"""The picture of a deployment for programs. Its shape is a promise: see ``deploy_shape``."""

from __future__ import annotations

import json
import re
from typing import Literal, cast

import msgspec

from statecheck import __version__
from statecheck.deployments import wording
from statecheck.deployments.containers import Count
from statecheck.deployments.mounts import Mount
from statecheck.deployments.picture import Kept, Shown, Survey
from statecheck.deployments.processes import Process
from statecheck.deployments.workers import PER_CORE
from statecheck.model import Finding
from statecheck.report.deploy_shape import (
    SCHEMA,
    DeployDocument,
    FactorRow,
    HiderRow,
    KeptRow,
    LooseRow,
    MountRow,
    ProcessRow,
)
from statecheck.report.shape import Tool

_NAME = re.compile(r"[\s=:]")
Kind = Literal["memory", "disk"]


def render_json(survey: Survey) -> str:
    """Indented JSON in ASCII, so that no terminal or encoding can be upset by what a scanned tree says."""
    document = DeployDocument(
        schema=SCHEMA,
        tool=Tool("statecheck", __version__),
        processes=tuple(map(_process, survey.picture.shown)),
        unclaimed=tuple(map(_loose, survey.picture.loose)),
        entry_points=survey.entry_points,
        documents=survey.documents,
        notes=survey.picture.notes,
        unparsed=survey.unparsed,
        errors=survey.errors,
    )
    return json.dumps(msgspec.to_builtins(document), indent=2) + "\n"


def _process(shown: Shown) -> ProcessRow:
    process = shown.process
    return ProcessRow(
        name=process.name,
        unit=process.unit,
        deployment=process.stage,
        development=process.development,
        path=process.location.path,
        line=process.location.line,
        server=process.server.id,
        runs=process.runs,
        module=process.entered[0] if process.entered else None,
        copies=wording.exact(process.copies),
        factors=tuple(map(_factor, process.copies)),
        threads=process.threads,
        mounts=tuple(map(_mount, process.mounts)),
        serves=shown.serves,
        keeps=tuple(_kept(process, kept) for kept in shown.keeps),
    )


def _factor(count: Count) -> FactorRow:
    where = count.location
    return FactorRow(count.word, count.number, count.most, _said(count), where.path, where.line)


def _said(count: Count) -> str:
    """What says so. A value that is no number may be anything, a secret as well: only its name is given."""
    if count.number is not None or count.text == PER_CORE:
        return count.text
    return _NAME.split(count.text, maxsplit=1)[0]


def _mount(mount: Mount) -> MountRow:
    return MountRow(mount.path, mount.source, mount.kind, mount.location.path, mount.location.line)


def _kept(process: Process, kept: Kept) -> KeptRow:
    finding = kept.finding
    return KeptRow(
        symbol=finding.symbol,
        rule=finding.rule,
        name=finding.name,
        family=cast(Kind, finding.family),
        severity=finding.severity,
        confidence=finding.confidence,
        path=finding.location.path,
        line=finding.location.line,
        column=finding.location.column,
        fingerprint=finding.fingerprint,
        copies=wording.exact(wording.counted(process.copies, finding)),
        mount=kept.mount.source or kept.mount.path if kept.mount else None,
        hidden_by=tuple(
            HiderRow(each.rule, each.name, each.location.path, each.location.line) for each in kept.hidden_by
        ),
    )


def _loose(finding: Finding) -> LooseRow:
    kind, where = cast(Kind, finding.family), finding.location
    return LooseRow(finding.symbol, finding.rule, finding.name, kind, where.path, where.line)
