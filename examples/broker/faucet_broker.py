# faucet_broker.py
"""The credentials of a faucet-auth broker, by the standard library alone."""

import http.client
import json
import socket
import time
from urllib.parse import quote


class Broker:
    """One provider of the broker that listens on the socket `path`."""

    def __init__(self, path, name):
        self._path = path
        self._target = "/" + quote(name, safe="")
        self._held = None

    def headers(self):
        """The headers to send. The broker is asked when there are none, or they are about to expire."""
        expires_at = self._held and self._held["expires_at"]
        if self._held is None or (expires_at is not None and expires_at - 5 < time.time()):
            self._held = self._ask("GET", self._target)
        return self._held["headers"]

    def refused(self):
        """To be called after a 401: other headers to send instead, or None if there are none."""
        refused = self._held
        self._held = self._ask("POST", self._target + "/invalidate", {"id": refused["id"]})
        return self._held["headers"] if self._held["headers"] != refused["headers"] else None

    def _ask(self, method, target, body=None):
        connection = http.client.HTTPConnection("localhost", timeout=60)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(60)
        try:
            connection.sock.connect(self._path)
            connection.request(method, target, body and json.dumps(body))
            answer = connection.getresponse()
            said = json.load(answer)
            if answer.status != 200:
                raise RuntimeError(said["error"])
            return said
        finally:
            connection.close()
