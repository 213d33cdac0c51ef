"""Gets the URL once for each line of standard input: python3 worker.py SOCKET NAME URL. Prints the status of each answer."""

import sys
import urllib.error
import urllib.request

from faucet_broker import Broker

path, name, url = sys.argv[1:]
broker = Broker(path, name)


def get(headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        return refusal.code


for _line in sys.stdin:
    status = get(broker.headers())
    others = broker.refused() if status == 401 else None
    print(get(others) if others is not None else status, flush=True)
