"""Order numbers and confirmation mails."""

import os
import threading
from functools import lru_cache

from shop.models import Order, Product, db

last_number = 0


@lru_cache(maxsize=256)
def price(sku):
    """Cents, remembered until the process ends: a price change is not seen."""
    return db.session.get(Product, sku).cents


def next_number():
    global last_number
    last_number += 1
    return last_number


def place(customer, lines):
    total = sum(price(sku) * quantity for sku, quantity in lines.items())
    order = Order(number=next_number(), customer=customer, cents=total)
    db.session.add(order)
    db.session.commit()
    threading.Thread(target=send_confirmation, args=(customer, order.number)).start()
    return order


def send_confirmation(customer, number):
    """Stands for a slow mail server. A restart in between loses the mail."""
    os.write(1, f"mail to {customer}: order {number} received\n".encode())
