# Estimates pi from the share of random points inside a circle.
from operator import add
from random import random

from redgrease import ShardsIDReader

POINTS = 100000


def inside(_):
    return sum(random() ** 2 + random() ** 2 <= 1 for _ in range(POINTS))


ShardsIDReader().map(inside).aggregate(0, add).map(lambda hits: 4 * hits / POINTS).run()
