import time


def send(record):
    time.sleep(0.2)


def bounce(record):
    raise ConnectionError("mail.example.org refused the connection")


GB("StreamReader", desc="sends mails").foreach(send).register(
    prefix="mail:out", batch=1, onFailedPolicy="retry", onFailedRetryInterval=5
)
GB("StreamReader", desc="mails that came back").foreach(bounce).register(
    prefix="mail:bounced", onFailedPolicy="retry", onFailedRetryInterval=2
)
