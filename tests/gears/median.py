"""A gear in a file of its own: editors understand it, and it can have helpers."""
import statistics


def checked(numbers):
    if not numbers:
        raise ValueError("no numbers")
    return numbers


def median(numbers):
    return statistics.median(checked(numbers))
