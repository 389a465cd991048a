raise RuntimeError("not on this server")


def fails_to_register():
    return 1
