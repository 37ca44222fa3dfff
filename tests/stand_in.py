"""A stand-in for the emulator: it answers the health endpoint, or misbehaves as `--mode` says."""

import argparse
import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"ready": True, "pid": os.getpid(), "accounts": 2, "requests": 7}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", default="normal")
    parser.add_argument("--port", type=int)
    parser.add_argument("--state")
    options = parser.parse_args()
    if options.mode == "crash":
        print("state is not readable", file=sys.stderr)
        sys.exit(3)
    if options.mode == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("deaf", flush=True)
        time.sleep(600)
    leaked = [name for name in os.environ if name.startswith(("AWS_", "PULUMI_"))]
    print(f"listening, state {options.state}, leaked {leaked}", flush=True)
    ThreadingHTTPServer(("127.0.0.1", options.port), Health).serve_forever()


if __name__ == "__main__":
    main()
