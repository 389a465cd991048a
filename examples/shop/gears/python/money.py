"""Functions for prices in cents, shared by several gears."""


def in_euros(cents):
    euros, rest = divmod(cents, 100)
    return "%d.%02d" % (euros, rest)


def price_of(cmd, shop, article):
    cents = cmd.hget(shop + ":prices", article)
    return None if cents is None else int(cents)
