def hashtag3():
    """A hash tag of this shard, in braces: `'person:1' + hashtag3()` is a key that lives here."""
    return '{%s}' % hashtag()
