import time


def report(words):
    time.sleep(float(words[1]))
    return len(words)


GB("CommandReader", desc="report of a day").map(report).register(trigger="report.day")
