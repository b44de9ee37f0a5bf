"""The cart of each customer: a Redis hash that every copy sees."""

import redis

from shop.settings import REDIS_URL

store = redis.Redis.from_url(REDIS_URL, decode_responses=True)


def add(customer, sku, quantity):
    store.hincrby(f"cart:{customer}", sku, quantity)


def lines(customer):
    return {sku: int(quantity) for sku, quantity in store.hgetall(f"cart:{customer}").items()}


def clear(customer):
    store.delete(f"cart:{customer}")
