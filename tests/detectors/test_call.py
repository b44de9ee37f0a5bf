"""What the detector `call` makes of whole small projects: places, forms, severity, confidence."""

from __future__ import annotations

import pytest

from statecheck.detectors import path_write
from statecheck.detectors.api import Context
from statecheck.detectors.call import detect
from statecheck.detectors.predicates import Predicates
from statecheck.facts.python import extract
from statecheck.model import Finding
from statecheck.project.knowledge import Knowledge
from statecheck.project.link import Project, link
from statecheck.rules.load import load
from statecheck.rules.schema import Pack
from statecheck.rules.vocabulary import OWNED

PACK: Pack = load()
ASYNC_APP = "import asyncio\nfrom fastapi import FastAPI\napp = FastAPI()\nasync def job(): ...\n"
APP = "from flask import Flask\napp = Flask(__name__)\n"


def project(files: dict[str, str]) -> Project:
    return link({path: extract(text) for path, text in files.items()}, dict.fromkeys(files, "app"), Knowledge(PACK))


def find(files: dict[str, str] | str, *names: str) -> list[Finding]:
    """The findings of the named rules (all of the detector's without a name)."""
    tree = {"app.py": files} if isinstance(files, str) else files
    rules = [rule for rule in PACK.rules.values() if rule.name in names or (not names and rule.detector == "call")]
    through = path_write.detect if any(rule.detector == "path-write" for rule in rules) else detect
    return list(through(rules, Context(project(tree), {}, {})))


def forms(files: dict[str, str] | str, *names: str) -> list[tuple[str | None, int]]:
    return sorted((finding.form, finding.location.line) for finding in find(files, *names))


def in_view(*lines: str, head: str = "import threading, asyncio, queue\n") -> str:
    body = "".join(f"    {line}\n" for line in lines)
    return f"{head}{APP}def work(*given): open('x', 'w')\n@app.post('/')\ndef view():\n{body}"


def test_every_predicate_that_rules_may_ask_for_is_decided() -> None:
    assert set(Predicates(project({"app.py": APP})).table()) == set(OWNED["call"])


class TestBackgroundWork:
    def test_a_thread_that_nobody_waits_for(self) -> None:
        (finding,) = find(in_view("threading.Thread(target=work).start()"), "background-work")
        assert (finding.form, finding.severity, finding.confidence) == ("threading-thread", "high", "high")
        assert finding.entry_points == ("POST /",)
        assert [step.role for step in finding.flow] == ["entry", "definition"]

    @pytest.mark.parametrize(
        "lines",
        [
            ("t = threading.Thread(target=work)", "t.start()", "t.join()"),
            (
                "threads = [threading.Thread(target=work) for _ in range(3)]",
                "for t in threads: t.start()",
                "for t in threads: t.join()",
            ),
            (
                "threads = []",
                "t = threading.Thread(target=work)",
                "threads.append(t)",
                "for each in threads: each.join()",
            ),
            (
                "reply = queue.Queue()",
                "threading.Thread(target=work, args=(reply,)).start()",
                "return reply.get(timeout=3)",
            ),
            ("def pages():", "    threading.Thread(target=work).start()", "    yield 'x'", "return pages()"),
        ],
        ids=["joined", "a list joined", "appended and joined", "answered through a queue", "streamed"],
    )
    def test_a_thread_that_the_request_waits_for_is_silent(self, lines: tuple[str, ...]) -> None:
        assert not find(in_view(*lines), "background-work")

    def test_a_dict_that_is_read_is_no_answer(self) -> None:
        assert find(in_view("data = {}", "threading.Thread(target=work, args=(data,)).start()", "return data.get('x')"))

    @pytest.mark.parametrize(
        "lines",
        [
            ("await asyncio.gather(*[asyncio.create_task(job()) for _ in range(3)])",),
            ("tasks = [asyncio.create_task(job()) for _ in range(3)]", "await asyncio.wait(tasks)"),
            ("task = asyncio.create_task(job())", "await task"),
            ("task = asyncio.create_task(job())", "try: await other()", "finally: task.cancel()"),
            ("async with asyncio.TaskGroup() as group: group.create_task(job())",),
        ],
        ids=["gathered", "waited for", "awaited", "cancelled", "in a task group"],
    )
    def test_a_task_with_an_end_is_silent(self, lines: tuple[str, ...]) -> None:
        body = "".join(f"    {line}\n" for line in lines)
        assert not find(f"{ASYNC_APP}@app.get('/')\nasync def view():\n{body}", "background-work")

    def test_an_argument_that_is_passed_on_is_no_answer(self) -> None:
        source = (
            "import asyncio\nfrom fastapi import FastAPI, Request\napp = FastAPI()\n"
            "async def job(request): await other()\n"
            "@app.get('/')\nasync def view(request: Request):\n"
            "    asyncio.create_task(job(request))\n    return request.get('path')\n"
        )
        assert forms(source, "background-work") == [("asyncio-task", 7)]

    def test_a_loose_task(self) -> None:
        source = f"{ASYNC_APP}@app.get('/')\nasync def view():\n    asyncio.create_task(job())\n"
        assert forms(source, "background-work") == [("asyncio-task", 7)]

    def test_work_is_judged_where_it_is_handed_to_a_helper(self) -> None:
        helper = (
            "import threading\ndef spawn(job):\n    t = threading.Thread(target=job)\n    t.start()\n    return t\n"
        )
        view = f"from jobs import spawn\n{APP}def work(): ...\n@app.get('/a')\ndef a():\n    spawn(work)\n"
        waiting = "@app.get('/b')\ndef b():\n    spawn(work).join\n    t = spawn(work)\n    t.join()\n"
        found = find({"jobs.py": helper, "app.py": view + waiting}, "background-work")
        assert [(finding.location.path, finding.location.line) for finding in found] == [("app.py", 7), ("app.py", 10)]

    def test_a_subclass_of_thread_counts_as_one(self) -> None:
        head = "import threading\nclass Job(threading.Thread):\n    def run(self): ...\n"
        source = in_view("Job().start()", head=head)
        assert [form for form, _ in forms(source, "background-work")] == ["threading-thread"]

    @pytest.mark.parametrize(
        ("work", "severity"),
        [
            ("def job():\n    while True: time.sleep(5)\n", "low"),
            ("def job():\n    if os.getppid() == 1: os._exit(1)\n", "low"),
            ("def job(process):\n    process.wait()\n    logging.info('gone')\n", "low"),
            ("def job():\n    tell()\ndef tell():\n    posthog.capture('x')\n", "low"),
            ("def job():\n    time.sleep(5)\n    requests.post('u')\n", "high"),
            ("def job():\n    time.sleep(5)\n    DONE['x'] = 1\n", "high"),
            ("def job():\n    unknown.run()\n", "high"),
        ],
    )
    def test_work_that_nobody_misses_is_low(self, work: str, severity: str) -> None:
        head = f"import threading, time, os, logging, posthog, requests\nDONE = {{}}\n{work}"
        (finding,) = find(in_view("threading.Thread(target=job).start()", head=head), "background-work")
        assert finding.severity == severity

    def test_a_queue_counts_when_requests_fill_it(self) -> None:
        filled = f"import queue\n{APP}jobs = queue.Queue()\n@app.post('/')\ndef view(): jobs.put(1)\n"
        (finding,) = find(filled, "background-work")
        assert (finding.form, finding.symbol) == ("queue-queue", "app.jobs")
        assert "`jobs`" in finding.message
        assert not find(filled.replace("jobs.put(1)", "return jobs.qsize()"), "background-work")

    def test_scripts_tests_and_the_main_guard_do_not_count(self) -> None:
        thread = "import threading\nthreading.Thread(target=print).start()\n"
        assert not find({"script.py": thread})
        assert not find({"script.py": f"def work(): ...\n{thread.replace('print', 'work')}"})
        main = "if __name__ == '__main__':\n    threading.Thread(target=print).start()\n"
        assert not find(f"{APP}import threading\n{main}")
        assert find({"app.py": f"{APP}import worker\n", "worker.py": thread}, "background-work")


class TestBackends:
    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            ("", True),
            ("storage_uri=None", True),
            ("storage_uri='memory://'", True),
            ("storage_uri=URI", True),
            ("storage_uri='redis://h'", False),
            ("storage_uri=os.environ['URI']", False),
            ("**options", False),
            ("storage_uri=unknown()", False),
        ],
    )
    def test_absence_is_judged_by_what_the_argument_can_be(self, arguments: str, expected: bool) -> None:
        source = (
            f"import os\nfrom flask_limiter import Limiter\n{APP}URI = 'memory://'\n"
            f"limiter = Limiter(key, {arguments})\n"
        )
        assert bool(find(source, "process-backend")) == expected

    def test_a_setting_elsewhere_makes_up_for_the_argument(self) -> None:
        source = f"import os\nfrom flask_limiter import Limiter\n{APP}limiter = Limiter(key)\n"
        assert not find(f"{source}app.config['RATELIMIT_STORAGE_URI'] = os.environ['URI']\n", "process-backend")
        assert not find(f"{source}app.config.update(RATELIMIT_STORAGE_URI=os.environ['URI'])\n", "process-backend")

    def test_init_app_completes_the_constructor(self) -> None:
        source = f"from flask_socketio import SocketIO\n{APP}sio = SocketIO()\n"
        assert find(f"{source}sio.init_app(app)\n", "process-backend")
        assert not find(f"{source}sio.init_app(app, message_queue='redis://h')\n", "process-backend")

    def test_a_command_that_builds_the_application_is_no_one_shot_command(self) -> None:
        source = (
            "import click\nfrom flask import Flask\nfrom flask_socketio import SocketIO\n"
            "def make():\n    app = Flask('x')\n    SocketIO(app)\n    return app\n"
            "@click.command()\ndef serve():\n    make().run()\n"
        )
        assert [form for form, _ in forms(source, "process-backend")] == ["flask-socketio"]

    def test_a_bot_that_main_starts_keeps_its_conversations(self) -> None:
        source = (
            "import asyncio\nfrom aiogram import Dispatcher\n"
            "from aiogram.fsm.storage.memory import MemoryStorage\n"
            "async def main():\n    dp = Dispatcher({})\n    await dp.start_polling()\n"
            "if __name__ == '__main__':\n    asyncio.run(main())\n"
        )
        assert forms(source.format(""), "process-backend") == [("aiogram-dispatcher", 5)]
        assert forms(source.format("storage=MemoryStorage()"), "process-backend") == [("aiogram-memory-storage", 5)]
        assert not find(source.format("storage=shared"), "process-backend")

    def test_one_call_gives_one_finding_a_family(self) -> None:
        source = (
            f"from flask_limiter import Limiter\n"
            f"{APP}Limiter(key, storage_uri='memory://', in_memory_fallback_enabled=True)\n"
        )
        assert len(find(source)) == 1


class TestDatabases:
    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("sqlite3.connect(path).execute('vacuum')", 0),
            ("app.db = sqlite3.connect(path)", 1),
        ],
    )
    def test_a_command_that_creates_a_file_and_one_that_serves_it(self, body: str, expected: int) -> None:
        source = (
            "import click, sqlite3\nfrom flask import Flask\n@click.command()\n@click.argument('path')\n"
            f"def serve(path):\n    app = Flask('x')\n    {body}\n    app.run()\n"
        )
        assert len(find(source, "local-database")) == expected


class TestSettings:
    SETTINGS = "INSTALLED_APPS = ['django.contrib.sessions']\nROOT_URLCONF = 'urls'\n"
    LOCMEM = "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}\n"
    REDIS = "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache'}}\n"
    USE = "from django.core.cache import cache\n"

    def test_a_value_is_reported_at_its_key(self) -> None:
        (finding,) = find({"shop/settings.py": self.SETTINGS + self.LOCMEM, "shop/v.py": self.USE}, "process-cache")
        assert (finding.form, finding.location.line, finding.location.column) == ("django-locmem", 3, 23)

    def test_the_absence_of_a_setting_is_reported_in_the_settings_module(self) -> None:
        files = {"shop/settings.py": self.SETTINGS, "shop/v.py": self.USE}
        assert [(finding.form, finding.location.path) for finding in find(files, "process-cache")] == [
            ("django-cache-default", "shop/settings.py")
        ]
        assert not find({"shop/settings.py": self.SETTINGS}, "process-cache"), "nothing uses the cache"

    @pytest.mark.parametrize("line", ["locals().update(load())", "from elsewhere import *", "exec(code)"])
    def test_an_open_settings_module_lacks_nothing(self, line: str) -> None:
        assert not find({"shop/settings.py": f"{self.SETTINGS}{line}\n", "shop/v.py": self.USE}, "process-cache")

    def test_production_decides(self) -> None:
        base = {"conf/settings/base.py": self.SETTINGS + self.LOCMEM, "shop/v.py": self.USE}
        star = "from .base import *\n"
        assert not find({**base, "conf/settings/production.py": star + self.REDIS}, "process-cache")
        assert find({**base, "conf/settings/production.py": star}, "process-cache")
        assert find({**base, "conf/settings/dev.py": star + self.REDIS}, "process-cache")
        assert not find(
            {**base, "conf/settings/base.py": self.SETTINGS + self.REDIS, "conf/settings/dev.py": star + self.LOCMEM},
            "process-cache",
        )

    def test_what_holds_while_debugging_does_not_count(self) -> None:
        source = f"{self.SETTINGS}{self.REDIS}if DEBUG:\n    {self.LOCMEM}"
        assert not find({"shop/settings.py": source, "shop/v.py": self.USE}, "process-cache")

    def test_two_settings_are_wrong_only_together(self) -> None:
        engine = "SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\n"
        use = {"shop/v.py": "import django\n"}
        files = {"shop/settings.py": self.SETTINGS + engine, **use}
        assert forms(files, "process-backend") == [("django-session-cache", 3)]
        assert not find({"shop/settings.py": self.SETTINGS + engine + self.REDIS, **use}, "process-backend")

    def test_one_cache_is_one_cause_for_sessions_and_all_else(self) -> None:
        engine = "SESSION_ENGINE = 'django.contrib.sessions.backends.cache'\n"
        for cache in ("", self.LOCMEM):
            files = {"shop/settings.py": self.SETTINGS + engine + cache, "shop/v.py": self.USE}
            assert forms(files, "process-backend", "process-cache") == [("django-session-cache", 3)]

    def test_configuration_classes_by_name_and_by_object(self) -> None:
        config = "class Config:\n    SESSION_TYPE = 'filesystem'\nclass TestingConfig(Config): ...\n"
        for given in ("Config", "'config.Config'"):
            app = (
                f"from flask_session import Session\nfrom config import Config\n{APP}app.config.from_object({given})\n"
            )
            assert forms({"app.py": app, "config.py": config}, "session-files") == [("flask-session-filesystem", 2)]


class TestDecorators:
    def test_the_decorator_is_reported_and_the_function_named(self) -> None:
        source = (
            f"import functools, requests\n{APP}@functools.lru_cache\n"
            f"def rate(c): return requests.get(c).json()\n@app.get('/')\ndef v(): rate('x')\n"
        )
        (finding,) = find(source, "process-cache")
        assert (finding.form, finding.location.line) == ("lru-cache", 4)
        assert (finding.symbol, finding.scope) == ("app.rate", "rate")

    @pytest.mark.parametrize(("use", "expected"), [("return f(1)", 0), ("app.f = f", 1), ("return f", 1)])
    def test_a_memo_that_ends_with_the_request_is_silent(self, use: str, expected: int) -> None:
        source = (
            f"import functools, requests\n{APP}@app.get('/')\ndef v():\n    @functools.cache\n"
            f"    def f(x): return requests.get(x)\n    {use}\n"
        )
        assert len(find(source, "process-cache")) == expected

    @pytest.mark.parametrize(
        ("function", "expected"),
        [
            ("def f(): return requests.get('u')", []),
            ("def f(x): return x + 1", ["low"]),
            ("def f(x): return requests.get(x)", ["medium"]),
            ("def f(x): return open(importlib.resources.files('p') / x).read()", ["low"]),
        ],
        ids=["no argument", "pure", "changing data", "data shipped with the code"],
    )
    def test_a_memo_is_judged_by_what_it_reads(self, function: str, expected: list[str]) -> None:
        source = (
            f"import functools, requests, importlib.resources\n@functools.cache\n{function}\n"
            f"{APP}@app.get('/')\ndef v(): f(1)\n"
        )
        assert [finding.severity for finding in find(source, "process-cache")] == expected


class TestCoordination:
    HEAD = (
        "import threading, psycopg\nfrom pathlib import Path\n" + APP + "lock = {lock}\n"
        "@app.post('/')\ndef view():\n    db = psycopg.connect('x')\n{body}"
    )

    def run(self, *lines: str, lock: str = "threading.Lock()") -> list[Finding]:
        body = "".join(f"    {line}\n" for line in lines)
        return find(self.HEAD.format(lock=lock, body=body), "process-coordination")

    def test_a_read_and_a_write_of_rows_under_a_lock(self) -> None:
        (finding,) = self.run("with lock:", "    db.execute('select 1')", "    db.execute('update t set x = 1')")
        assert (finding.symbol, finding.location.line, finding.severity, finding.confidence) == (
            "app.lock",
            5,
            "medium",
            "high",
        )
        assert finding.entry_points == ("POST /",)
        assert [step.role for step in finding.flow] == ["definition", "entry", "write"]

    @pytest.mark.parametrize(
        "lines",
        [
            ("with lock:", "    text = Path('/srv/x').read_text()", "    Path('/srv/x').write_text(text + 'x')"),
            ("with lock:", "    text = open('/srv/x').read()", "    open('/srv/x', 'w').write(text)"),
            ("lock.acquire()", "db.execute('select 1')", "db.execute('insert into t values (1)')", "lock.release()"),
            ("if not lock.acquire(blocking=False): return 'busy'", "db.execute('insert into t values (1)')"),
            ("if lock.locked(): return 'busy'", "with lock: db.execute('insert into t values (1)')"),
        ],
    )
    def test_what_all_processes_share(self, lines: tuple[str, ...]) -> None:
        assert len(self.run(*lines)) == 1

    @pytest.mark.parametrize(
        "lines",
        [
            ("with lock: db.execute('insert into t values (1)')",),
            ("with lock: return db.execute('select 1').fetchone()",),
            ("with lock: print('x')", "db.execute('select 1')", "db.execute('delete from t')"),
            (
                "global seen",
                "with lock:",
                "    if seen is None:",
                "        db.execute('select 1')",
                "        db.execute('insert into t values (1)')",
                "        seen = True",
            ),
        ],
        ids=["a connection that is not thread-safe", "only reads", "after the lock", "made on first use"],
    )
    def test_what_is_its_own(self, lines: tuple[str, ...]) -> None:
        assert self.run(*lines) == []

    @pytest.mark.parametrize(
        ("lock", "expected"),
        [
            ("threading.Semaphore()", 1),
            ("threading.Semaphore(1)", 1),
            ("threading.Semaphore(8)", 0),
            ("shared_lock()", 0),
        ],
    )
    def test_only_a_semaphore_of_one_keeps_all_others_out(self, lock: str, expected: int) -> None:
        lines = ("with lock:", "    db.execute('select 1')", "    db.execute('delete from t')")
        assert len(self.run(*lines, lock=lock)) == expected

    def test_an_event_between_requests(self) -> None:
        source = f"import threading\n{APP}go = threading.Event()\n@app.post('/go')\ndef tell(): go.set()\n"
        waits = "@app.get('/')\ndef wait(): go.wait()\n"
        assert forms(source + waits, "process-coordination") == [("event", 4)]
        assert not find(source, "process-coordination")
        worker = "def loop(): go.wait()\nthreading.Thread(target=loop).start()\n"
        assert not find(source + worker, "process-coordination"), "a flag that stops this process's own thread"
