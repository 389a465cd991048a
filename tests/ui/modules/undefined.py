def undefined(url):
    return len(ulr)
