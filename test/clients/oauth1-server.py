"""An API that is protected by oauthlib's endpoints (RFC 5849): 200 for a request that they find valid, else 401.

Its secrets come in JSON as the first argument, its address goes to standard output. /anonymous wants no token. A path of
/redirect/STATUS/PATH answers a valid request by a redirect to PATH.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from oauthlib.oauth1 import RequestValidator, ResourceEndpoint, SignatureOnlyEndpoint

SECRETS = json.loads(sys.argv[1])


class Validator(RequestValidator):
    """Knows one client with one token, and takes each nonce once."""

    enforce_ssl = False
    allowed_signature_methods = ["HMAC-SHA1", "HMAC-SHA256", "RSA-SHA256", "PLAINTEXT"]
    dummy_client = "dummy"
    dummy_access_token = "dummy"
    seen = set()

    def check_client_key(self, client_key):
        return True

    def check_access_token(self, request_token):
        return True

    def check_nonce(self, nonce):
        return len(nonce) >= 20

    def validate_client_key(self, client_key, request):
        return client_key == SECRETS["client_key"]

    def validate_access_token(self, client_key, token, request):
        return token == SECRETS["token"]

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request, request_token=None, access_token=None):
        is_new = (timestamp, nonce) not in self.seen
        self.seen.add((timestamp, nonce))
        return is_new

    def validate_realms(self, client_key, token, request, uri=None, realms=None):
        return request.realm in (None, SECRETS["realm"])

    def get_client_secret(self, client_key, request):
        return SECRETS["client_secret"]

    def get_access_token_secret(self, client_key, token, request):
        return SECRETS["token_secret"]

    def get_rsa_key(self, client_key, request):
        return SECRETS["public_key"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length).decode()
        path = self.path.split("?")[0]
        valid, request = self.validate(path, body)
        self.send_response(self.status_of(path) if valid else 401)
        if valid and path.startswith("/redirect/"):
            self.send_header("location", "/" + path.split("/", 3)[3] + "?from=redirect&empty=")
        parameters = [] if request is None else [[name, value] for name, value in request.params or []]
        answer = json.dumps({"valid": valid, "parameters": parameters, "body": body}).encode()
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def validate(self, path, body):
        given = dict(uri=f"http://{self.headers['host']}{self.path}", http_method=self.command, body=body, headers=dict(self.headers))
        if path == "/anonymous":
            return SignatureOnlyEndpoint(Validator()).validate_request(**given)
        return ResourceEndpoint(Validator()).validate_protected_resource_request(**given)

    def status_of(self, path):
        return int(path.split("/")[2]) if path.startswith("/redirect/") else 200

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
