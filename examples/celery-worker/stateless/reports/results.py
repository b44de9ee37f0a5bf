"""Finished reports and known rates, in Redis, where every worker finds them."""

import os

import redis

store = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)


def keep(day, total):
    store.hset("finished", day, total)


def finished():
    return {day: int(total) for day, total in sorted(store.hgetall("finished").items())}


def known_rate(currency):
    value = store.get(f"rate:{currency}")
    return None if value is None else float(value)


def keep_rate(currency, value):
    store.set(f"rate:{currency}", value, ex=300)
