# Estimates pi from the share of random points inside a circle.
import random

POINTS = 100000


def inside(_):
    points = ((random.random(), random.random()) for _ in range(POINTS))
    return sum(x * x + y * y <= 1 for x, y in points)


GB("ShardsIDReader").map(inside).accumulate(lambda total, hits: (total or 0) + hits).map(
    lambda hits: 4 * hits / POINTS
).run()
