import time

PRICES = {"tea": 4.2, "coffee": 5.1, "cocoa": 3.9}


def price(words):
    time.sleep(0.002)
    return PRICES[words[1]]


GB("CommandReader", desc="price of an article").map(price).register(trigger="shop.price")
GB("CommandReader", desc="all articles").map(lambda words: sorted(PRICES)).register(
    trigger="shop.articles", mode="sync"
)
