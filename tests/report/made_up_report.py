"""A made-up report and its sources, for every renderer."""

from __future__ import annotations

from pathlib import Path

from statecheck.model import Finding, Location, Problem, Report, Step, Summary

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
