#!/usr/bin/env python3
"""Drives pm from Python: HTTP and JSON over a socket, with the standard library alone."""
import http.client, json, os, socket


# region client
class Pm(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("pm", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)

    def open(self, method, path, body=None):
        text = None if body is None else json.dumps(body)
        self.request(method, "/api/v1" + path, text, {"Content-Type": "application/json"})
        answer = self.getresponse()
        if answer.status >= 400:
            raise RuntimeError(json.load(answer)["detail"])  # pm's own words
        return answer

    def call(self, method, path, body=None):
        return json.load(self.open(method, path, body))


pm = Pm(os.environ["PM_SOCKET"])  # every process below pm has it
nap = {"command": ["sh", "-c", "echo asleep; exec sleep 600"], "ready": {"log": "asleep"}}
print("created:", pm.call("PUT", "/processes/nap?wait=10s", nap)["changed"])
print("again:", pm.call("PUT", "/processes/nap?wait=10s", nap)["changed"])
print("state:", pm.call("GET", "/processes/nap")["state"])
for line in Pm(pm.path).open("GET", "/processes/nap/logs?follow=true&tail=10"):
    if line.startswith(b"data: "):  # a stream of server-sent events, until one side ends it
        print("log:", json.loads(line[6:])["msg"])
        break
pm.call("DELETE", "/processes/nap?wait=10s")
pm.call("GET", "/processes/nap")  # raises: there is no process "nap"
# endregion
