"""Which file an import reaches: import roots, packages with and without ``__init__``, several services in one tree."""

from __future__ import annotations

import pytest

from statecheck.project.modules import ModuleIndex
from statecheck.project.values import GlobalPlace

from .support import tree


@pytest.mark.parametrize(
    ("path", "others", "name"),
    [
        ("app.py", (), "app"),
        ("shop/cart.py", ("shop/__init__.py",), "shop.cart"),
        ("shop/__init__.py", (), "shop"),
        ("src/shop/cart.py", ("src/shop/__init__.py",), "shop.cart"),
        ("backend/src/shop/cart.py", ("backend/src/shop/__init__.py",), "shop.cart"),
        ("src/shop/cart.py", (), "shop.cart"),  # a namespace package below a source folder
        ("shop/cart.py", (), "shop.cart"),  # a namespace package at the top
        ("services/a/shop/cart.py", ("services/a/shop/__init__.py",), "shop.cart"),
        ("tool.pyw", (), "tool"),
    ],
)
def test_the_dotted_name_of_a_file(path: str, others: tuple[str, ...], name: str) -> None:
    assert ModuleIndex([path, *others]).name(path) == name


FLAT = ("main.py", "shop/__init__.py", "shop/cart.py", "shop/deep/__init__.py", "shop/deep/down.py")


@pytest.mark.parametrize(
    ("importer", "dotted", "found"),
    [
        ("main.py", "shop", "shop/__init__.py"),
        ("main.py", "shop.cart", "shop/cart.py"),
        ("shop/deep/down.py", "shop.cart", "shop/cart.py"),
        ("shop/cart.py", "main", "main.py"),
        ("main.py", "shop.nothing", None),
        ("main.py", "flask", None),
        ("shop/cart.py", "deep.down", None),  # inside a package there are no implicit relative imports
    ],
)
def test_absolute_imports(importer: str, dotted: str, found: str | None) -> None:
    assert ModuleIndex(FLAT).find(importer, dotted) == found


@pytest.mark.parametrize(
    ("importer", "level", "dotted", "found"),
    [
        ("shop/deep/down.py", 1, "", "shop/deep/__init__.py"),
        ("shop/deep/down.py", 2, "", "shop/__init__.py"),
        ("shop/deep/down.py", 2, "cart", "shop/cart.py"),
        ("shop/deep/__init__.py", 1, "down", "shop/deep/down.py"),
        ("shop/deep/__init__.py", 2, "cart", "shop/cart.py"),
        ("shop/cart.py", 1, "deep.down", "shop/deep/down.py"),
        ("shop/deep/down.py", 3, "main", "main.py"),
        ("shop/deep/down.py", 4, "main", None),  # above the top of the tree
        ("shop/deep/down.py", 9, "", None),
        ("shop/cart.py", 1, "nothing", None),
    ],
)
def test_relative_imports_of_every_level(importer: str, level: int, dotted: str, found: str | None) -> None:
    assert ModuleIndex(FLAT).relative(importer, level, dotted) == found


def test_src_layout() -> None:
    linked = tree(
        {
            "src/shop/__init__.py": "",
            "src/shop/cart.py": "CART = {}",
            "src/shop/views.py": "from shop.cart import CART",
            "run.py": "import shop.cart as it",
            "tests/test_cart.py": "from shop import cart",
        }
    )
    assert linked.where("shop.views.CART") == {"global shop.cart.CART"}
    assert linked.what("run.it") == {"module src/shop/cart.py"}
    assert linked.what("tests.test_cart.cart") == {"module src/shop/cart.py"}


def test_packages_without_init() -> None:
    linked = tree(
        {
            "shop/cart/items.py": "ITEMS = []",
            "shop/views.py": "from shop.cart.items import ITEMS\nfrom shop import cart\nfound = cart.items.ITEMS",
            "shop/near.py": "from .cart import items",
        }
    )
    assert linked.where("shop.views.ITEMS") == {"global shop.cart.items.ITEMS"}
    assert linked.what("shop.views.cart") == {"module shop/cart/"}
    assert linked.where("shop.views.found") == {"global shop.cart.items.ITEMS"}
    assert linked.what("shop.near.items") == {"module shop/cart/items.py"}


def test_one_namespace_package_spread_over_two_roots() -> None:
    linked = tree(
        {
            "core/src/acme/core.py": "STORE = {}",
            "web/src/acme/web.py": "from acme.core import STORE\nfrom acme import web",
        }
    )
    assert linked.where("acme.web.STORE") == {"global acme.core.STORE"}
    assert linked.what("acme.web.web") == {"module web/src/acme/web.py"}


def test_two_services_with_an_equal_package_are_linked_apart() -> None:
    service = {
        "app/__init__.py": "",
        "app/main.py": "from app.store import add, ITEMS\ndef run(): add(1)",
        "app/store.py": "ITEMS = []\ndef add(item): ITEMS.append(item)",
        "manage.py": "from app import main",
    }
    linked = tree({f"{side}/{path}": source for side in ("orders", "users") for path, source in service.items()})
    for side in ("orders", "users"):
        path = f"{side}/app/main.py"
        places = {item.place for item in linked.evaluator.member(path, "ITEMS")}
        assert places == {GlobalPlace(f"{side}/app/store.py", "ITEMS")}
        assert linked.member(f"{side}/manage.py", "main") == {f"module {side}/app/main.py"}
        caller = next(ref for ref, scope in linked.project.tables.scopes() if ref.path == path and scope.name == "run")
        assert {edge.callee.path for edge in linked.project.graph.edges[caller]} == {f"{side}/app/store.py"}


def test_what_only_the_other_service_holds_is_found_there() -> None:
    linked = tree(
        {
            "web/app/__init__.py": "",
            "web/app/views.py": "from common.log import write",
            "libs/common/__init__.py": "",
            "libs/common/log.py": "def write(): ...",
        }
    )
    assert linked.what("app.views.write") == {"def common.log.write"}


def test_a_script_imports_the_module_next_to_it_even_if_the_standard_library_has_the_name() -> None:
    linked = tree({"tools/queue.py": "JOBS = []", "tools/run.py": "import queue\nfrom queue import JOBS"})
    assert linked.what("tools.run.queue") == {"module tools/queue.py"}
    assert linked.where("tools.run.JOBS") == {"global tools.queue.JOBS"}


def test_inside_a_package_an_absolute_import_is_not_the_module_next_to_it() -> None:
    linked = tree(
        {
            "shop/__init__.py": "",
            "shop/queue.py": "JOBS = []",
            "shop/run.py": "import queue\nfrom . import queue as ours",
        }
    )
    assert linked.what("shop.run.queue") == {"foreign queue"}
    assert linked.what("shop.run.ours") == {"module shop/queue.py"}


def test_relative_imports_that_lead_nowhere_are_told() -> None:
    linked = tree({"shop/__init__.py": "", "shop/a.py": "from .gone import x\nfrom ....far import y\nimport flask"})
    assert linked.project.unresolved_imports() == ["shop/a.py: ....far", "shop/a.py: .gone"]
    assert linked.what("shop.a.x") == set()


SCRIPTS = {
    "backend/__init__.py": "",
    "backend/store.py": "JOBS = {}",
    "backend/main.py": "from store import JOBS",
    "backend/api/__init__.py": "",
    "backend/api/views.py": "from store import JOBS\nimport redis",
    "backend/redis.py": "from redis import Redis\nclass Pool: ...",
}


def test_a_package_in_which_a_program_is_started_is_an_import_root() -> None:
    linked = tree(SCRIPTS)
    assert linked.where("backend.main.JOBS") == {"global backend.store.JOBS"}
    assert linked.where("backend.api.views.JOBS") == {"global backend.store.JOBS"}
    assert linked.what("backend.redis.Redis") == {"foreign redis.Redis"}  # not itself


@pytest.mark.parametrize("line", ["from .store import JOBS", "from backend.store import JOBS", "import backend.store"])
def test_what_is_used_as_a_package_is_no_import_root(line: str) -> None:
    linked = tree({**SCRIPTS, "backend/other.py": line})
    assert linked.what("backend.main.JOBS") == {"foreign store.JOBS"}


def test_two_modules_imported_by_their_bare_names_are_no_chance() -> None:
    more = {
        "backend/other.py": "from . import store",
        "backend/rooms.py": "OPEN = {}",
        "backend/b.py": "from rooms import OPEN",
    }
    linked = tree({**SCRIPTS, **more})
    assert linked.where("backend.main.JOBS") == {"global backend.store.JOBS"}
    assert linked.where("backend.b.OPEN") == {"global backend.rooms.OPEN"}


def test_a_package_whose_modules_do_not_define_what_is_imported_is_no_import_root() -> None:
    linked = tree({"shop/__init__.py": "", "shop/celery.py": "app = 1", "shop/tasks.py": "from celery import Celery"})
    assert linked.what("shop.tasks.Celery") == {"foreign celery.Celery"}


def test_of_two_modules_with_a_name_the_one_that_defines_what_is_imported_is_meant() -> None:
    linked = tree(
        {
            "store.py": "JOBS = {}",
            "web/store.py": "from store import JOBS",
            "web/views.py": "from store import JOBS",
        }
    )
    assert linked.where("web.views.JOBS") == {"global store.JOBS"}
    assert linked.where("web.store.JOBS") == {"global store.JOBS"}
