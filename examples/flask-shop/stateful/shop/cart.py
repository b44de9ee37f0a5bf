"""The cart of each customer, in the memory of this process."""

CARTS = {}


def add(customer, sku, quantity):
    cart = CARTS.setdefault(customer, {})
    cart[sku] = cart.get(sku, 0) + quantity


def lines(customer):
    return dict(CARTS.get(customer, {}))


def clear(customer):
    CARTS.pop(customer, None)
