"""Export, then add up: two tasks, which two machines may run."""

import csv
import io
import os

import boto3

from reports import results
from reports.app import app
from reports.orders import fetch_orders, fetch_rate

BUCKET = os.environ["EXPORT_BUCKET"]


def rate(currency):
    """The rate, at most five minutes old on every worker."""
    value = results.known_rate(currency)
    if value is None:
        value = fetch_rate(currency)
        results.keep_rate(currency, value)
    return value


@app.task
def export(day):
    """Put the orders into the bucket and hand the key to the next task."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows((order["cents"], order["currency"]) for order in fetch_orders(day))
    boto3.client("s3").put_object(Bucket=BUCKET, Key=f"{day}.csv", Body=out.getvalue().encode())
    add_up.delay(day, f"{day}.csv")


@app.task
def add_up(day, key):
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()
    total = sum(int(cents) * rate(currency) for cents, currency in csv.reader(io.StringIO(body, newline="")))
    results.keep(day, round(total))
