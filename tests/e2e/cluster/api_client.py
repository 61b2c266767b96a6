#!/usr/bin/python3
"""A client of the API server that tries again. api_client.py HOST PORT NAME

Standard input: the certificate authority, the client's certificate and its key, in base64, a line each; further lines
replace these, and the end ends the client. Reads a Namespace and writes a label to it, in turn, on a new connection each time. A request that fails is tried
again for 10 seconds. Prints what came of it as one line of JSON.
"""

import base64
import http.client
import json
import socket
import ssl
import sys
import tempfile
import threading
import time

host, port, name = sys.argv[1:]


def read_credentials():
    lines = [sys.stdin.readline() for _ in range(3)]
    if not all(lines):
        return None
    authority, *pair = (base64.b64decode(line) for line in lines)
    made = ssl.create_default_context()
    with tempfile.NamedTemporaryFile() as certificate:
        certificate.write(b"\n".join(pair))
        certificate.flush()
        made.load_verify_locations(cadata=authority.decode())
        made.load_cert_chain(certificate.name)
    return made


context = read_credentials()
path = "/api/v1/namespaces/default"


def attempt(number):
    connection = http.client.HTTPSConnection(name, port, context=context, timeout=2)
    # It connects to HOST; NAME is the name in the certificate.
    connection._create_connection = lambda _, *rest: socket.create_connection((host, int(port)), *rest)
    try:
        if number % 2:
            body = json.dumps({"metadata": {"labels": {"number": str(number)}}})
            connection.request("PATCH", path, body, {"Content-Type": "application/merge-patch+json"})
        else:
            connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def follow_input():
    global context
    while made := read_credentials():
        context = made
    ended.set()


ended = threading.Event()
threading.Thread(target=follow_input, daemon=True).start()
requests = failed = retried = 0
stall = 0.0
while not ended.is_set():
    start = time.monotonic()
    requests += 1
    answered = attempt(requests)
    retried += not answered
    while not answered and time.monotonic() - start < 10:
        time.sleep(0.2)
        answered = attempt(requests)
    failed += not answered
    stall = max(stall, time.monotonic() - start)
    time.sleep(0.05)
print(json.dumps({"requests": requests, "retried": retried, "failed": failed, "longestStallSeconds": round(stall, 2)}))
