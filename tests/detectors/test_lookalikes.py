"""Look-alikes of state, each beside the twin that is state."""

from __future__ import annotations

from textwrap import dedent

import pytest

from statecheck.testing import Case, report_of

FLASK = "from flask import Flask, request\napp = Flask(__name__)\n"


def found(source: str, header: str = FLASK) -> list[tuple[str, str]]:
    """Name and last part of the symbol of each memory finding that is shown."""
    report = report_of(Case("", {"app.py": header + dedent(source)}, ()))
    assert not report.errors
    return [
        (finding.name, finding.symbol.rpartition(".")[2]) for finding in report.findings if finding.family == "memory"
    ]


class TestEntriesThatPass:
    JOBS = """
        running = {}
        @app.post("/<job>")
        def start(job):
            running[job] = 1
            try:
                return work(job)
            finally:
                running.pop(job, None)
    """

    def test_put_in_and_taken_out_by_one_call(self) -> None:
        assert found(self.JOBS) == []

    def test_another_entry_point_asks_for_them(self) -> None:
        asked = """
            @app.get("/<job>")
            def state(job):
                return "running" if job in running else "done"
        """
        assert found(dedent(self.JOBS) + dedent(asked)) == [("mutated-global", "running")]

    def test_sockets_that_other_requests_write_to(self) -> None:
        source = """
            from fastapi import FastAPI, WebSocket
            app = FastAPI()
            sockets = []
            @app.websocket("/ws")
            async def listen(socket: WebSocket):
                sockets.append(socket)
                try:
                    await socket.receive_text()
                finally:
                    sockets.remove(socket)
            @app.post("/say")
            async def say(text: str):
                for socket in sockets:
                    await socket.send_text(text)
        """
        assert found(source, "") == [("mutated-global", "sockets")]

    def test_removal_of_the_stale_before_the_new_is_a_cache(self) -> None:
        source = """
            import time, requests
            known = {}
            @app.get("/<name>")
            def show(name):
                if name in known and known[name][0] < time.time():
                    del known[name]
                if name not in known:
                    known[name] = (time.time() + 60, requests.get(name).text)
                return known[name][1]
        """
        assert [name for name, _ in found(source)] in (["process-cache"], ["mutated-global"])


class TestKeys:
    def test_of_the_running_thread(self) -> None:
        source = """
            import threading
            traces = {}
            @app.get("/")
            def show():
                traces[threading.get_ident()] = []
                return note("x")
            def note(text):
                traces[threading.get_ident()].append(text)
                return str(traces[threading.get_ident()])
        """
        assert found(source) == []

    def test_of_the_user(self) -> None:
        source = """
            traces = {}
            @app.get("/<user>")
            def show(user):
                traces[user] = []
                return note(user, "x")
            def note(user, text):
                traces[user].append(text)
                return str(traces[user])
        """
        assert found(source) == [("mutated-global", "traces")]


class TestWhoReads:
    LAST = """
        import logging
        log = logging.getLogger(__name__)
        last = None
        @app.get("/")
        def show():
            global last
            try:
                return work()
            except OSError as error:
                if str(error) == last:
                    log.debug("again")
                else:
                    log.warning("failed")
                    last = str(error)
                return "later"
    """

    def test_only_the_log(self) -> None:
        assert found(self.LAST) == []

    def test_an_answer_too(self) -> None:
        answer = dedent(self.LAST) + '@app.get("/last")\ndef tell():\n    return last or ""\n'
        assert found(answer) == [("rebound-global", "last")]


class TestFlagsAndClocks:
    SERVER = """
        class Server:
            def __init__(self):
                self.{field} = {first}
            def stop(self, value=False):
                self.{field} = {written}
        server = Server()
        @app.post("/stop")
        def stop():
            server.stop(True)
            return ""
        @app.get("/")
        def show(): return str(server.{field})
    """

    @pytest.mark.parametrize(
        ("first", "written"),
        [("False", "value"), ('float("-inf")', 'float("-inf")')],
        ids=["a flag that callers hand in", "a clock set back"],
    )
    def test_low(self, first: str, written: str) -> None:
        assert found(self.SERVER.format(field="state", first=first, written=written)) == []

    def test_what_the_request_says(self) -> None:
        source = self.SERVER.format(field="state", first="None", written='request.args["x"]')
        assert found(source) == [("singleton-state", "state")]


class TestMemoOfOneEntry:
    MEMO = """
        {imports}
        kept = None
        @app.get("/<name>")
        def show(name):
            global kept
            if kept and kept[0] == name:
                return str(kept[1])
            value = {value}
            kept = (name, value)
            return str(value)
    """

    def test_of_a_model(self) -> None:
        source = self.MEMO.format(
            imports="from transformers import AutoTokenizer", value="AutoTokenizer.from_pretrained(name)"
        )
        assert found(source) == []

    def test_of_remote_data(self) -> None:
        source = self.MEMO.format(imports="import requests", value="requests.get(name).json()")
        assert found(source) == [("process-cache", "kept")]


class TestTablesAndMemos:
    def test_a_key_that_gets_an_empty_container_is_no_memo(self) -> None:
        source = """
            rooms = {}
            @app.post("/<room>")
            def join(room):
                rooms.setdefault(room, set()).add(request.args["user"])
                return str(rooms[room])
        """
        assert found(source) == [("mutated-global", "rooms")]

    def test_weak_keys_go_with_their_object(self) -> None:
        source = """
            from weakref import WeakKeyDictionary
            batches = WeakKeyDictionary()
            @app.post("/")
            def clean():
                batches[request] = batches.get(request, 0) + 1
                return ""
        """
        assert found(source) == []

    def test_a_service_with_methods_named_like_those_of_a_dict(self) -> None:
        source = """
            services = {}
            class Service:
                def update(self, values): app.db.execute("update", values)
            services["item"] = Service()
            def service(name): return services[name]
            @app.post("/")
            def post():
                service("item").update(request.json)
                return ""
        """
        assert found(source) == []


class TestHelpersThatStartWork:
    HELPER = """
        import asyncio
        from fastapi import FastAPI
        app = FastAPI()
        tasks = set()
        async def launch(work, name=None):
            task = asyncio.create_task(work)
            return name, task
        async def job(): await app.store.save()
        @app.post("/")
        async def post():
            {use}
    """

    def test_awaiting_the_helper_is_not_awaiting_the_work(self) -> None:
        source = self.HELPER.format(use="name, _ = await launch(job())\n            return name")
        assert [name for name, _ in found(source, "")] == ["background-work"]

    def test_awaiting_what_it_hands_back(self) -> None:
        source = self.HELPER.format(use="name, task = await launch(job())\n            return await task")
        assert found(source, "") == []


class TestStartUp:
    SITE = """
        site = None
        class Site:
            def __init__(self): self.names = []
            def add(self, name): self.names.append(name)
        def get_site():
            global site
            if site is None:
                site = {made}
            return site
    """

    def test_what_a_set_once_variable_needs(self) -> None:
        used = """
            def build():
                made = Site()
                for name in "ab":
                    made.add(name)
                return made
            @app.get("/")
            def show(): return str(get_site().names)
        """
        assert found(dedent(self.SITE).format(made="build()") + dedent(used)) == []

    def test_what_a_request_adds(self) -> None:
        used = """
            @app.post("/<name>")
            def show(name):
                get_site().add(name)
                return str(get_site().names)
        """
        assert found(dedent(self.SITE).format(made="Site()") + dedent(used)) == [("singleton-state", "names")]

    def test_what_is_made_again_at_times(self) -> None:
        source = """
            site = None
            built = []
            def build():
                built.append(request.path)
                return "site"
            def get_site():
                global site
                if site is None or request.args.get("fresh"):
                    site = build()
                return site
            @app.get("/")
            def show(): return get_site() + str(built)
        """
        assert ("mutated-global", "built") in found(source)

    def test_what_stands_before_the_early_return(self) -> None:
        source = """
            site = None
            seen = []
            kinds = []
            def note(): seen.append(request.path)
            def build():
                kinds.append("plain")
                return "site"
            def get_site():
                global site
                note()
                if site is not None:
                    return site
                site = build()
                return site
            @app.get("/")
            def show(): return get_site() + str(seen) + str(kinds)
        """
        assert found(source) == [("mutated-global", "seen")]

    def test_a_factory_of_the_trees_own_application_class(self) -> None:
        source = """
            from flask import Flask, current_app
            class Shop(Flask): pass
            def configure(app):
                app.extensions["shop"] = {}
                app.extensions["shop"]["open"] = True
            def make_shop():
                app = Shop("shop")
                configure(app)
                return app
            def make_for_tests():
                return make_shop()
        """
        assert found(source, "") == []


class TestTornadoSettings:
    HANDLER = """
        import tornado.web
        class Spawn(tornado.web.RequestHandler):
            def post(self):
                {line}
                self.write("ok")
        app = tornado.web.Application([("/", Spawn)], failures=0)
    """

    def test_changed_by_a_handler(self) -> None:
        source = self.HANDLER.format(line='self.settings["failures"] += 1')
        assert [name for name, _ in found(source, "")] == ["singleton-state"]

    def test_only_read(self) -> None:
        assert found(self.HANDLER.format(line='self.write(str(self.settings["failures"]))'), "") == []


class TestThreads:
    def test_a_class_that_is_never_started(self) -> None:
        source = """
            import threading
            class Scan(threading.Thread):
                def run(self): self.scan()
                def scan(self): app.db.execute("scan")
            @app.post("/")
            def post():
                scan = Scan()
                scan.scan()
                return ""
        """
        assert found(source) == []

    def test_a_class_without_a_name_that_is_never_started(self) -> None:
        source = """
            import threading
            class Scan(threading.Thread):
                def run(self): self.scan()
                def scan(self): app.db.execute("scan")
            @app.post("/")
            def post():
                Scan().scan()
                return ""
        """
        assert found(source) == []

    def test_a_class_without_a_name_that_is_started(self) -> None:
        source = """
            import threading
            class Scan(threading.Thread):
                def run(self): app.db.execute("scan")
            @app.post("/")
            def post():
                Scan().start()
                return ""
        """
        assert [name for name, _ in found(source)] == ["background-work"]

    def test_a_class_that_is_started(self) -> None:
        source = """
            import threading
            class Scan(threading.Thread):
                def run(self): app.db.execute("scan")
            @app.post("/")
            def post():
                scan = Scan()
                scan.start()
                return ""
        """
        assert [name for name, _ in found(source)] == ["background-work"]

    STARTED = """
        import threading
        def start():
            thread = threading.Thread(target=save)
            thread.start()
            return thread
        def save(): app.db.execute("save")
        @app.post("/")
        def post():
            {use}
            return ""
    """

    def test_callers_wait_for_what_a_helper_hands_back(self) -> None:
        assert found(self.STARTED.format(use="start().join()")) == []
        assert found(self.STARTED.format(use="thread = start(); thread.join()")) == []

    def test_callers_let_go_what_a_helper_hands_back(self) -> None:
        assert [name for name, _ in found(self.STARTED.format(use="start()"))] == ["background-work"]

    def test_a_raw_thread(self) -> None:
        source = """
            import _thread
            def send(): app.mail.send("x")
            @app.post("/")
            def post():
                _thread.start_new_thread(send, ())
                return ""
        """
        assert [name for name, _ in found(source)] == ["background-work"]


class TestClaims:
    LOCK = """
        import redis
        class Leader:
            def __init__(self):
                self.client = redis.Redis()
                self.held = False
            def claim(self):
                self.held = self.client.{call}
                return self.held
        leader = Leader()
        @app.post("/")
        def run(): return str(leader.claim())
        @app.get("/")
        def show(): return str(leader.held)
    """

    def test_what_a_shared_store_answered_to_a_claim(self) -> None:
        assert found(self.LOCK.format(call='set("leader", "me", nx=True)')) == []

    def test_a_copy_of_what_it_holds(self) -> None:
        assert found(self.LOCK.format(call='get("leader")')) == [("singleton-state", "held")]


class TestDefaults:
    ASK = """
        def ask(text, seen={{}}):
            seen["last"] = text
            return str(seen)
        @app.get("/<text>")
        def show(text): return ask(text{given})
    """

    def test_that_every_call_replaces(self) -> None:
        assert found(self.ASK.format(given=", seen={}")) == []

    def test_that_a_call_leaves_out(self) -> None:
        assert [name for name, _ in found(self.ASK.format(given=""))] == ["hidden-state"]


class TestWaitingOnOneWayOnly:
    HELPER = """
        import asyncio
        from fastapi import FastAPI
        app = FastAPI()
        async def job(): await app.store.save()
        @app.post("/")
        async def post(later: bool):
            task = asyncio.create_task(job())
            {way}
            return await task
    """

    def test_left_before_the_end(self) -> None:
        source = self.HELPER.format(way="if later: return 'started'")
        assert [name for name, _ in found(source, "")] == ["background-work"]

    def test_waited_for(self) -> None:
        assert found(self.HELPER.format(way="print(later)"), "") == []


class TestWhatTheMessageSays:
    def message(self, source: str) -> str:
        [finding] = report_of(Case("", {"app.py": FLASK + dedent(source)}, ())).findings
        return finding.message

    def test_who_writes_and_who_reads(self) -> None:
        source = """
            carts = {}
            @app.post("/cart")
            def add(): carts[request.form["user"]] = request.form["sku"]
            @app.get("/cart")
            def show(): return str(carts)
        """
        expected = "`carts` is changed by POST /cart and is read by GET /cart; it lives only in this process"
        assert self.message(source) == expected

    def test_who_writes_where_nobody_else_reads(self) -> None:
        source = """
            carts = {}
            @app.post("/cart")
            def add():
                carts[request.form["user"]] = request.form["sku"]
                return str(carts)
        """
        assert self.message(source) == "`carts` is changed by POST /cart; it lives only in this process"

    def test_many_fields_of_one_object_are_one_thing(self) -> None:
        source = """
            class Game:
                def __init__(self):
                    self.round = 0
                    self.turn = ""
                    self.winner = ""
            game = Game()
            @app.post("/<player>")
            def play(player):
                game.round = int(request.form["round"])
                game.turn = player
                game.winner = player
                return game.turn
        """
        assert self.message(source).startswith("`round` with 2 other fields of `Game` belongs to an object")


class TestMemosThatAreEmptied:
    MEMO = """
        from functools import lru_cache
        @lru_cache
        def labels(language): return language.upper()
        @app.get("/<language>")
        def show(language): return labels(language)
        {more}
    """

    def kept(self, more: str) -> list[tuple[str, str]]:
        report = report_of(Case("", {"app.py": FLASK + dedent(self.MEMO.format(more=more))}, ()))
        every = (*report.findings, *report.hidden)
        return [(finding.severity, finding.confidence) for finding in every if finding.name == "process-cache"]

    def test_by_a_request_is_medium_and_sure(self) -> None:
        more = '@app.post("/")\n        def forget():\n            labels.cache_clear()\n            return ""'
        assert self.kept(more) == [("medium", "high")]

    def test_by_nobody_is_low_where_the_function_is_pure(self) -> None:
        assert [severity for severity, _ in self.kept("")] == ["low"]


class TestCodeOfTests:
    def test_what_a_test_hands_in_is_not_called_by_requests(self) -> None:
        app = """
            from flask import Flask
            from clock import set_clock
            app = Flask("app")
            def run(work): return work()
            @app.get("/")
            def show(): return run(lambda: "x")
        """
        clock = "NOW = []\ndef set_clock(value):\n    NOW.append(value)\n    return str(NOW)\n"
        test = "from app import run\nfrom clock import set_clock\ndef test_run():\n    run(lambda: set_clock(1))\n"
        files = {"app.py": dedent(app), "clock.py": clock, "tests/test_app.py": test}
        assert report_of(Case("", files, ())).findings == ()
