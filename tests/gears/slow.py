import time

time.sleep(1.2)


def slow_to_register():
    return 1
