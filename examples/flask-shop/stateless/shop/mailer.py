"""The mail worker, a process of its own: `python -m shop.mailer`."""

import json
import os

from shop.cart import store


def main():
    while True:
        _, job = store.blpop("mails")
        send_confirmation(**json.loads(job))


def send_confirmation(customer, number):
    """Stands for a slow mail server."""
    os.write(1, f"mail to {customer}: order {number} received\n".encode())


if __name__ == "__main__":
    main()
