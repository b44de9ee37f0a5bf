"""Orders and confirmation mails. The database counts the orders; a worker elsewhere sends the mails."""

import json

from shop.cart import store
from shop.models import Order, Product, db


def price(sku):
    return db.session.get(Product, sku).cents


def place(customer, lines):
    total = sum(price(sku) * quantity for sku, quantity in lines.items())
    order = Order(customer=customer, cents=total)
    db.session.add(order)
    db.session.commit()
    store.rpush("mails", json.dumps({"customer": customer, "number": order.number}))
    return order
