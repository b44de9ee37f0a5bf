"""Export, then add up: two tasks, which two machines may run."""

import csv
import tempfile
from functools import lru_cache

from reports import results
from reports.app import app
from reports.orders import fetch_orders, fetch_rate


@lru_cache(maxsize=None)
def rate(currency):
    """The rate of the day on which the worker was started."""
    return fetch_rate(currency)


@app.task
def export(day):
    """Write the orders to a file and hand its path to the next task, which may run on another machine."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", delete=False) as out:
        for order in fetch_orders(day):
            out.write(f"{order['cents']},{order['currency']}\n")
    add_up.delay(day, out.name)


@app.task
def add_up(day, path):
    with open(path, newline="") as lines:
        total = sum(int(cents) * rate(currency) for cents, currency in csv.reader(lines))
    results.keep(day, round(total))
