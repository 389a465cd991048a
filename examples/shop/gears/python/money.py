"""Functions for prices in cents, shared by several gears."""


def in_euros(cents):
    euros, rest = divmod(cents, 100)
    return "%d.%02d" % (euros, rest)


def price_of(cmd, article):
    cents = cmd.hget("prices", article)
    return None if cents is None else int(cents)
