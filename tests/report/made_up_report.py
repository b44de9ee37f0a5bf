"""A made-up report and its sources, for every renderer."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from statecheck.model import BaselineEntry, Edit, Finding, Fix, Location, Problem, Report, Step, Summary
from statecheck.rules.schema import Rule

CART = '''\
"""The cart."""

from shop.catalogue import price_of

LIMIT = 20

CARTS: dict[str, list[str]] = {}


def add(user: str, item: str) -> int:
\tif len(CARTS.setdefault(user, [])) < LIMIT:
\t\tCARTS[user].append(item)
    return sum(price_of(item) for item in CARTS[user])
'''

VIEWS = """\
from flask import Flask, request

from shop import cart

app = Flask(__name__)
app.secret_key = "correct horse battery staple"


@app.post("/cart")
def add_to_cart() -> dict[str, int]:
    return {"total": cart.add(request.form["user"], request.form["item"])}
"""

COMPOSE = """\
services:
  web:
    environment:
      DATABASE_URL: postgres://shop:hunter2@db/shop
"""


def write_sources(root: Path) -> Path:
    for name, text in {"shop/cart.py": CART, "shop/views.py": VIEWS, "deploy/compose.yaml": COMPOSE}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "shop" / "odd.py").write_text("NAMES = {'\x1b[31m', '\u202eevil'}; 日本語 = {}  # [red]markup[/red]\n")
    return root


def at(path: str, line: int, column: int = 1, end: int = 1) -> Location:
    return Location(path, line, column, line, end)


GLOBAL = Finding(
    rule="STC101",
    name="mutated-global",
    family="memory",
    severity="high",
    confidence="high",
    location=at("shop/cart.py", 7, 1, 6),
    symbol="shop.cart.CARTS",
    message="Requests change `CARTS`, a module-level dict: what one process writes, no other process ever sees.",
    instead="Keep it where every process can reach it: a table of the database, or a shared cache such as Redis with a "
    "key per user. For data that belongs to one visitor, a signed cookie session may be enough.",
    harm="split",
    entry_points=("POST /cart",),
    flow=(
        Step("definition", at("shop/cart.py", 7, 1, 6), "`CARTS` is created once per process"),
        Step("entry", at("shop/views.py", 10, 5, 16), "`POST /cart` runs `shop.views.add_to_cart`"),
        Step("call", at("shop/views.py", 11, 22, 30), "calls `shop.cart.add`"),
        Step("write", at("shop/cart.py", 11, 9, 14), "adds a key to `CARTS`"),
        Step("write", at("shop/cart.py", 12, 3, 14), "appends to `CARTS[...]`"),
    ),
    fingerprint="v1:0123456789abcdef",
)

SECRET = Finding(
    rule="STC401",
    name="secret",
    family="config",
    severity="medium",
    confidence="medium",
    location=at("shop/views.py", 6, 18, 48),
    symbol="app.secret_key",
    message="A key stands in the source.",
    instead="Read it from the environment.",
    sensitive=True,
)

DSN = Finding(
    rule="STC402",
    name="dsn",
    family="config",
    severity="high",
    confidence="high",
    location=at("deploy/compose.yaml", 4, 21, 51),
    symbol="services.web.environment.DATABASE_URL",
    message="A password stands in the address of the database.",
)

ODD = Finding(
    rule="STC101",
    name="mutated-global",
    family="memory",
    severity="low",
    confidence="high",
    location=at("shop/odd.py", 1, 29, 32),
    symbol="日本語",
    message="A name with \x1b[2J controls and [bold]markup[/bold].",
    entry_points=tuple(f"GET /{number}" for number in range(6)),
)

HIDDEN = Finding(
    rule="STC101",
    name="mutated-global",
    family="memory",
    severity="high",
    confidence="low",
    location=at("shop/cart.py", 5),
    symbol="shop.cart.LIMIT",
    message="m",
)


def report(root: Path) -> Report:
    return Report(
        root=str(root),
        findings=(DSN, GLOBAL, ODD, SECRET),
        hidden=(HIDDEN,),
        errors=(Problem("shop/locked.py", "cannot be read: Permission denied"),),
        summary=Summary(
            files=1234,
            documents=1,
            lines=56789,
            entry_points={"flask": 12, "celery": 3},
            unresolved_imports=tuple(f"shop.missing{number}" for number in range(7)),
            unparsed=("shop/broken.py",),
            shown=4,
            hidden=1,
            suppressed=2,
            warnings=("django is imported, but no entry point of it was found, so what it reaches is unknown.",),
        ),
    )


RULES = (
    Rule(
        code="STC101", name="mutated-global", family="memory", severity="high", status="stable", since="0.1.0",
        summary="A module-level object that requests change", message="m", detector="state",
        instead="Keep the data in a shared store.", references=("https://example.org/processes",),
        page="# mutated-global (STC101)\n\nSee [secret](../secret/README.md) and `rows[0](key)`.\n",
    ),
    Rule(
        code="STC402", name="dsn", family="config", severity="medium", status="stable", since="0.1.0",
        summary="An address in the code", message="m", detector="literal", instead="Read it from the environment.",
    ),
    Rule(
        code="STC201", name="session-files", family="disk", severity="high", status="stable", since="0.1.0",
        summary="Sessions in local files", message="m", detector="call", instead="i",
    ),
)  # fmt: skip

FIXABLE = replace(
    SECRET,
    fingerprint="v1:00000000000000aa",
    fix=Fix(
        "shop/views.py",
        (Edit(0, 0, "import os\n\n"), Edit(92, 122, 'os.environ["SECRET_KEY"]')),
        "unsafe",
        "Read `SECRET_KEY` from the environment",
    ),
)

IGNORED = replace(GLOBAL, location=at("shop/cart.py", 5, 1, 6), flow=(), suppressed="one replica, see [the note](x)")

KNOWN = replace(ODD, baseline="unchanged", severity="medium", fingerprint="v1:00000000000000bb")


def compared(root: Path) -> Report:
    """A report of a run with a baseline and comments: a finding in every state that there is."""
    definition, entry, call, write, new_write = GLOBAL.flow
    flow = (definition, entry, call, replace(write, fingerprint="v1:1"), replace(new_write, baseline="new"))
    return replace(
        report(root),
        findings=(replace(DSN, baseline="new"), replace(GLOBAL, baseline="updated", flow=flow), FIXABLE),
        suppressed=(IGNORED,),
        unchanged=(KNOWN,),
        absent=(
            BaselineEntry("mutated-global", "shop/old name.py", "f", "OLD", "v1:00000000000000cc"),
            BaselineEntry("gone-rule", "shop/cart.py", "", "X", "v1:00000000000000dd"),
        ),
        compared=True,
        ran=("mutated-global", "secret", "session-files"),
    )


def hostile(text: str) -> Report:
    """A report in which the scanned tree says ``text`` wherever it can say anything."""
    where = Location(text, 1, 1, 1, 2)
    entry = BaselineEntry("mutated-global", text, text, text, "v1:1")
    finding = replace(
        GLOBAL, location=where, symbol=text, scope=text, message=text, instead=text, entry_points=(text, text),
        flow=(Step("write", where, text), Step("read", where, text)), local_symbol=text,
        fix=Fix(text, (Edit(0, 1, text),), "safe", text),
    )  # fmt: skip
    summary = Summary(
        files=1, entry_points={"flask": 1}, unparsed=(text,), warnings=(text,), unresolved_imports=(text,)
    )
    return Report(
        root="/", findings=(finding,), suppressed=(replace(finding, suppressed=text),), absent=(entry,), compared=True,
        errors=(Problem(text, text), Problem("", text)), summary=summary,
    )  # fmt: skip
