import requests


def new_session():
    return requests.Session()
