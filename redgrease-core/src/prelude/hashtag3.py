def hashtag3():
    """A hash tag of this shard, in braces: `'person:1' + hashtag3()` is a key of this shard."""
    return '{%s}' % hashtag()
