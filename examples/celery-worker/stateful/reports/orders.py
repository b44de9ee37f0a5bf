"""The orders of a day and the exchange rates, asked from other services."""

import json
import os
from urllib.request import urlopen


def fetch_orders(day):
    with urlopen(os.environ["ORDERS_URL"].format(day=day)) as answer:
        return json.load(answer)


def fetch_rate(currency):
    with urlopen(os.environ["RATES_URL"]) as answer:
        return json.load(answer)[currency]
