"""A gear in a separate file, with a second function that it calls."""
import statistics


def checked(numbers):
    if not numbers:
        raise ValueError("no numbers")
    return numbers


def median(numbers):
    return statistics.median(checked(numbers))
