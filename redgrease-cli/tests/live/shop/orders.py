import json
import time


def total(order):
    return sum(line["price"] * line["count"] for line in order["lines"])


def book(record):
    time.sleep(0.03)
    order = json.loads(record["value"]["order"])
    execute("INCRBYFLOAT", "shop:turnover", total(order))


GB("StreamReader", desc="books orders").foreach(book).register(
    prefix="shop:orders", batch=1, onFailedPolicy="continue", trimStream=True
)
