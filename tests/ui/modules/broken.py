import os


def broken(url)
    return 1
