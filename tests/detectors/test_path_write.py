"""What the detector `path-write` makes of small projects: which writes outlive their call, and how they are told."""

from __future__ import annotations

import pytest

from statecheck.detectors.api import Context
from statecheck.detectors.path_uses import PathUses
from statecheck.detectors.path_write import detect
from statecheck.facts.python import extract
from statecheck.model import Finding
from statecheck.project.knowledge import Knowledge
from statecheck.project.link import Project, link
from statecheck.rules.load import load
from statecheck.rules.schema import Pack
from statecheck.rules.vocabulary import OWNED

PACK: Pack = load()
RULES = [rule for rule in PACK.rules.values() if rule.detector == "path-write"]
HEAD = """
import io, json, os, shutil, tempfile, uuid, zipfile
from pathlib import Path
from flask import Flask, request, session
app = Flask(__name__)
DATA = Path("/srv/data")
"""
STORE = """
class Store:
    def __init__(self):
        self.root = DATA
    @property
    def path(self):
        return self.root / "f"
"""
HOME = """
HOME = os.path.expanduser("~/x")
def inside(name):
    return os.path.join(HOME, name)
"""


def project(files: dict[str, str], roles: dict[str, str] | None = None) -> Project:
    known = dict.fromkeys(files, "app") | (roles or {})
    return link({path: extract(text) for path, text in files.items()}, known, Knowledge(PACK))


def find(files: dict[str, str] | str, roles: dict[str, str] | None = None) -> list[Finding]:
    """The findings that a user sees: those of low severity or confidence are left out."""
    tree = {"app.py": files} if isinstance(files, str) else files
    found = detect(RULES, Context(project(tree, roles), {}, {}))
    return [finding for finding in found if "low" not in (finding.severity, finding.confidence)]


def in_view(*lines: str, rest: str = "") -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"{HEAD}@app.post('/<name>')\ndef view(name):\n{body}\n{rest}"


def marked(code: str) -> list[int]:
    """The lines that end in ``# here``."""
    return [number for number, line in enumerate(code.splitlines(), 1) if line.endswith("# here")]


def lines(code: str) -> list[int]:
    return sorted(finding.location.line for finding in find(code))


def test_every_predicate_that_rules_may_ask_for_is_decided() -> None:
    assert set(PathUses(project({"app.py": HEAD}), RULES).predicates()) == set(OWNED["path-write"])


class TestWrites:
    @pytest.mark.parametrize(
        "body",
        [
            ("with open(DATA / name, 'w') as file:  # here", "    file.write('x')"),
            ("open(os.path.join('/srv/data', name), mode='ab').write(b'x')  # here",),
            ("json.dump({}, open(f'/srv/{name}.json', 'w'))  # here",),
            ("(DATA / 'a' / name).write_text('x')  # here",),
            ("DATA.joinpath(name).with_suffix('.txt').write_bytes(b'x')  # here",),
            ("path = DATA / name", "path.touch()  # here"),
            ("with zipfile.ZipFile(DATA / 'all.zip', 'w') as target:  # here", "    target.writestr('a', 'b')"),
            ("shutil.copyfile('/srv/template', os.path.join(os.environ['DATA'], name))  # here",),
            ("path = os.path.abspath(name)", "path = os.path.join(path, 'x')", "open(path, 'w')  # here"),
            ("open('counter-%s.txt' % name, 'w')  # here",),
        ],
    )
    def test_of_every_shape(self, body: tuple[str, ...]) -> None:
        code = in_view(*body)
        assert lines(code) == marked(code)

    @pytest.mark.parametrize(
        "body",
        [
            ("open(DATA / name)", "open(DATA / name, 'rb').read()", "(DATA / name).read_text()"),
            ("buffer = io.BytesIO()", "with zipfile.ZipFile(buffer, 'w') as target:", "    target.writestr('a', 'b')"),
            ("open(os.devnull, 'w')", "open('/dev/null', 'w')", "open('/dev/stdout', 'w')"),
            ("open(name, request.args['mode'])",),
            ("os.makedirs(DATA / name, exist_ok=True)", "(DATA / name).mkdir()"),
        ],
    )
    def test_what_writes_no_file(self, body: tuple[str, ...]) -> None:
        assert find(in_view(*body)) == []

    def test_a_log_file_is_low(self) -> None:
        assert find(in_view("open('/var/log/app.log', 'a').write(name)")) == []

    def test_a_cache_on_disk_is_medium(self) -> None:
        (finding,) = find(in_view("open(f'/srv/cache/{name}', 'w')"))
        assert finding.severity == "medium"


class TestScratch:
    @pytest.mark.parametrize(
        "body",
        [
            (
                "with tempfile.TemporaryDirectory() as folder:",
                "    open(os.path.join(folder, 'x'), 'w')",
                "    Path(folder, 'y').write_text('x')",
                "    (Path(folder) / 'z').write_text('x')",
            ),
            ("with tempfile.NamedTemporaryFile('w') as file:", "    open(file.name, 'w')"),
            ("handle, path = tempfile.mkstemp()", "open(path, 'w')"),
            ("path = DATA / name", "path.write_text('x')", "path.unlink()"),
            ("path = os.path.join('/srv', name)", "try:", "    open(path, 'w')", "finally:", "    os.remove(path)"),
            ("folder = f'/srv/{uuid.uuid4()}'", "open(f'{folder}/x', 'w')", "shutil.rmtree(folder)"),
            ("path = f'/tmp/{uuid.uuid4()}.pdf'", "open(path, 'w')"),
            (
                "folder = tempfile.mkdtemp()",
                "try:",
                "    open(folder + '/x', 'w')",
                "finally:",
                "    shutil.rmtree(folder, ignore_errors=True)",
            ),
            (
                "path = DATA / name",
                "open(path, 'w')",
                "@app.after_request",
                "def tidy(answer):",
                "    os.remove(path)",
                "    return answer",
            ),
        ],
    )
    def test_files_that_do_not_outlive_the_call(self, body: tuple[str, ...]) -> None:
        assert find(in_view(*body)) == []

    def test_a_file_that_the_caller_removes(self) -> None:
        code = in_view(
            "path = make(name)",
            "os.unlink(path)",
            rest="""
def make(name):
    path = os.path.join("/srv/scratch", name)
    with open(path, "w") as file:
        file.write("x")
    return path
""",
        )
        assert find(code) == []

    def test_a_helper_that_removes_what_it_is_given(self) -> None:
        code = in_view(
            "path = DATA / name",
            "open(path, 'w')",
            "tidy(path)",
            rest="""
def tidy(path):
    if path.exists():
        os.remove(path)
""",
        )
        assert find(code) == []

    @pytest.mark.parametrize(
        "body",
        [
            ("path = DATA / name", "if path.exists():", "    path.unlink()", "path.write_text('x')  # here"),
            ("path = DATA / name", "try:", "    path.write_text('x')  # here", "except OSError:", "    path.unlink()"),
            ("handle, path = tempfile.mkstemp()", "open(path, 'w')  # here", "session['path'] = path"),
            (
                "file = tempfile.NamedTemporaryFile(delete=False)",
                "open(file.name, 'w')  # here",
                "return {'path': file.name}",
            ),
        ],
    )
    def test_what_only_looks_like_scratch(self, body: tuple[str, ...]) -> None:
        code = in_view(*body)
        assert lines(code) == marked(code)

    def test_a_temporary_file_for_a_task_on_another_machine(self) -> None:
        code = """
import tempfile
from celery import Celery
from flask import Flask
app, celery = Flask(__name__), Celery()
@celery.task
def convert(path): ...
@app.post("/")
def view():
    handle, path = tempfile.mkstemp()
    open(path, "w")  # here
    convert.delay(path)
"""
        assert lines(code) == marked(code)

    @pytest.mark.parametrize(
        "body",
        [
            (
                "path = os.path.join(tempfile.gettempdir(), str(uuid.uuid4()))",
                "open(path, 'w')  # here",
                "convert.delay(path)",
            ),
            (
                "path = Path('/tmp') / uuid.uuid4().hex",
                "path.write_text('x')  # here",
                "convert.apply_async(args=[str(path)])",
            ),
            (
                "handle, path = tempfile.mkstemp()",
                "with os.fdopen(handle, 'w') as file:  # here",
                "    file.write('x')",
                "queue.enqueue(convert, path)",
            ),
            (
                "with tempfile.NamedTemporaryFile('w', delete=False) as file:",
                "    file.write('x')  # here",
                "convert.delay(file.name)",
            ),
            (
                "file = tempfile.NamedTemporaryFile(delete=False)",
                "file.write(b'x')  # here",
                "path = file.name",
                "Job.objects.create(path=path)",
            ),
            ("path = f'/tmp/{uuid.uuid4()}'", "open(path, 'w')  # here", "return jsonify({'path': path})"),
            ("path = make()", "convert.delay(path)"),
        ],
    )
    def test_a_temporary_file_whose_name_is_handed_on(self, body: tuple[str, ...]) -> None:
        head = (
            "from flask import jsonify\nfrom rq import Queue\nfrom django.db import models\nfrom celery import Celery\n"
        )
        kept = "" if "make()" not in body[0] else "  # here"
        rest = f"""
queue, celery = Queue(), Celery()
class Job(models.Model): ...
@celery.task
def convert(path): ...
def make():
    path = f"/tmp/{{uuid.uuid4()}}"
    open(path, "w"){kept}
    return path
"""
        code = head + in_view(*body, rest=rest)
        (finding,) = find(code)
        assert ([finding.location.line], finding.severity) == (marked(code), "high")

    @pytest.mark.parametrize(
        "body",
        [
            ("path = f'/tmp/{uuid.uuid4()}'", "open(path, 'w')", "return send_file(path)"),
            ("path = os.path.join(tempfile.mkdtemp(), name)", "open(path, 'w')", "session['name'] = name"),
            ("handle, path = tempfile.mkstemp()", "os.write(handle, b'x')", "return 'done'"),
            ("file = tempfile.NamedTemporaryFile(delete=False)", "file.write(b'x')", "storage.upload(file.name)"),
            ("read, write = os.pipe()", "os.write(write, b'x')"),
            ("path = make()", "print(path)"),
        ],
    )
    def test_a_temporary_file_whose_name_stays(self, body: tuple[str, ...]) -> None:
        rest = "def make():\n    path = f'/tmp/{uuid.uuid4()}'\n    open(path, 'w')\n    return path\n"
        assert find(in_view(*body, rest=rest)) == []

    @pytest.mark.parametrize(
        "body",
        [
            ("if os.path.exists('/srv/lock'):", "    return 'busy'", "open('/srv/lock', 'w').close()  # here"),
            ("while (DATA / 'lock').exists():", "    wait()", "(DATA / 'lock').touch()  # here"),
            ("open('/srv/lock', 'x').close()  # here",),
            ("os.open('/srv/lock', os.O_CREAT | os.O_EXCL)  # here",),
        ],
    )
    def test_a_lock_file_is_no_scratch_though_it_is_removed(self, body: tuple[str, ...]) -> None:
        path = "DATA / 'lock'" if "DATA" in body[0] else "'/srv/lock'"
        code = in_view(*body, "try:", "    work()", "finally:", f"    os.remove({path})")
        assert lines(code) == marked(code)

    def test_a_leftover_that_is_cleared_first_is_scratch(self) -> None:
        assert (
            find(
                in_view(
                    "path = '/srv/scratch'",
                    "if os.path.exists(path):",
                    "    os.remove(path)",
                    "open(path, 'w')",
                    "os.remove(path)",
                )
            )
            == []
        )

    def test_a_fixed_name_in_the_temporary_folder_is_shared(self) -> None:
        code = in_view("open('/tmp/report.csv', 'w')  # here")
        assert lines(code) == marked(code)


class TestWhoRuns:
    def test_import_startup_commands_and_tests_are_silent(self) -> None:
        code = f"""{HEAD}
import click
open("/srv/import", "w")
def create_app():
    open("/srv/startup", "w")
    return Flask(__name__)
@click.command()
def command():
    open("/srv/command", "w")
if __name__ == "__main__":
    open("/srv/main", "w")
"""
        assert find(code) == []
        assert find({"tests/test_a.py": in_view("open('/srv/x', 'w')")}, {"tests/test_a.py": "test"}) == []

    def test_code_that_nothing_calls_is_low(self) -> None:
        assert find(f"{HEAD}def lost():\n    open('/srv/x', 'w')\n") == []

    def test_only_the_calls_that_serve_decide_where_a_helper_writes(self) -> None:
        helper = "def save(path):\n    with open(path, 'w') as file:\n        file.write('x')\n"
        served = in_view("save(DATA / name)", rest=helper)
        (finding,) = find(served)
        assert finding.message.endswith("(`/srv/data/…`)")
        scratch = in_view(
            "with tempfile.TemporaryDirectory() as folder:",
            "    save(os.path.join(folder, 'x'))",
            rest=f"{helper}\nsave('/srv/made-at-import')\n",
        )
        assert find(scratch) == []

    def test_a_key_that_start_up_writes_to_a_file(self) -> None:
        code = """
import secrets
from flask import Flask
def load_key(path="/srv/secret.txt"):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        key = secrets.token_hex()
        with open(path, "w") as file:  # here
            file.write(key)
        return key
app = Flask(__name__)
app.secret_key = load_key()
"""
        (finding,) = find(code)
        assert ([finding.location.line], finding.severity, finding.confidence) == (marked(code), "high", "high")


class TestUploads:
    @pytest.mark.parametrize(
        "body",
        [
            ("request.files['x'].save(os.path.join('/srv', name))  # here",),
            ("for file in request.files.getlist('x'):", "    file.save(DATA / file.filename)  # here"),
            (
                "data = request.files['x'].read()",
                "with open(DATA / name, 'wb') as target:  # here",
                "    target.write(data)",
            ),
            ("shutil.copyfileobj(request.files['x'].stream, open('/srv/x', 'wb'))  # here",),
        ],
    )
    def test_of_flask(self, body: tuple[str, ...]) -> None:
        code = in_view(*body)
        (finding,) = find(code)
        assert ([finding.location.line], finding.name) == (marked(code), "upload-to-disk")
        assert (finding.severity, finding.confidence) == ("high", "high")

    @pytest.mark.parametrize(
        ("parameter", "data"),
        [
            ("x: UploadFile", "await x.read()"),
            ("x: bytes = File()", "x"),
            ("xs: list[UploadFile]", "await xs[0].read()"),
            ("x: Annotated[UploadFile, File()]", "x.file.read()"),
        ],
    )
    def test_of_fastapi(self, parameter: str, data: str) -> None:
        (finding,) = find(f"""
from pathlib import Path
from typing import Annotated
from fastapi import FastAPI, File, UploadFile
app = FastAPI()
@app.post("/")
async def add({parameter}):
    Path("/srv/x").write_bytes({data})
""")
        assert (finding.name, finding.location.line) == ("upload-to-disk", 8)

    @pytest.mark.parametrize("target", ["io.BytesIO()", "os.path.join(tempfile.mkdtemp(), 'x')"])
    def test_kept_nowhere(self, target: str) -> None:
        assert find(in_view(f"request.files['x'].save({target})")) == []


class TestOneCause:
    def test_writes_of_one_function_below_one_root(self) -> None:
        (finding,) = find(in_view("(DATA / 'a').write_text('x')", "(DATA / 'b').touch()", "(DATA / 'c').unlink()"))
        assert [step.role for step in finding.flow] == ["definition", "entry", "write", "write", "write"]

    def test_a_file_put_in_place_when_it_is_complete(self) -> None:
        code = in_view(
            "path = DATA / name",
            "part = path.with_suffix('.part')",
            "with open(part, 'w') as file:",
            "    file.write('x')",
            "os.replace(part, path)  # here",
        )
        assert lines(code) == marked(code)

    def test_a_deletion_joins_the_write_and_stands_alone_without_one(self) -> None:
        delete = "@app.delete('/<name>')\ndef delete(name):\n    os.remove(DATA / name)\n"
        (finding,) = find(in_view("(DATA / name).write_text('x')", rest=delete))
        assert (finding.form, [step.message for step in finding.flow if step.role == "write"]) == (
            "path-write",
            ["written by `write_text`", "deleted by `os.remove`"],
        )
        (finding,) = find(f"{HEAD}{delete}")
        assert (finding.form, finding.severity) == ("delete", "medium")

    def test_a_deletion_of_a_scratch_file_is_silent(self) -> None:
        assert find(in_view("handle, path = tempfile.mkstemp()", "open(path, 'w')", "os.remove(path)")) == []

    def test_a_read_by_another_request_is_the_end_of_the_flow(self) -> None:
        read = "@app.get('/<name>')\ndef show(name):\n    return (DATA / name).read_text()\n"
        (finding,) = find(in_view("shutil.copy('/srv/x', DATA / name)", rest=read))
        assert finding.flow[-1].role == "read"
        assert finding.severity == "high"


class TestPaths:
    @pytest.mark.parametrize(
        ("setup", "expr", "text"),
        [
            ("", "os.path.join('/srv', 'a', name)", "/srv/a/…"),
            ("", "DATA / 'b' / f'{name}.txt'", "/srv/data/b/….txt"),
            ("", "DATA.parent / 'c'", "/srv/c"),
            ("", "str(DATA) + '/d'", "/srv/data/d"),
            ("", "os.path.expanduser('~/x')", "~/x"),
            (HOME, "os.path.join(HOME, inside(name), 'f')", "~/x/…/f"),
            ("", "name", ""),
            ("", "os.environ['HOME'] + '/e'", "…/e"),
            (STORE, "Store().path", "/srv/data/f"),
        ],
    )
    def test_as_a_reader_sees_them(self, setup: str, expr: str, text: str) -> None:
        uses = PathUses(project({"app.py": in_view(f"open({expr}, 'w')", rest=setup)}), RULES)
        assert [path.text for write in uses.writes for path in write.paths] == [text]

    def test_paths_that_branch_at_every_step_end_in_time(self) -> None:
        steps = [f"p{n} = os.path.join(p{n - 1} or p{n - 1}, p{n - 1} if name else p{n - 1})" for n in range(1, 30)]
        assert len(find(in_view("p0 = '/srv'", *steps, "open(p29, 'w')"))) <= 1
