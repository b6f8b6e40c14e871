"""Run the stand-in by hand: `python -m tests.stripe_stand_in --port 12111 --webhook-url URL`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

from tests.stripe_stand_in import KEY, StripeStandIn


def main() -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="stripe_stand_in", description=__doc__)
    parser.add_argument("--port", type=int, default=12111, help="on 127.0.0.1 (default 12111)")
    parser.add_argument("--webhook-url", help="where to send signed webhooks")
    given = parser.parse_args()
    stand_in = StripeStandIn().start(given.port)
    print(f"API:            {stand_in.url}")
    print(f"secret key:     {KEY}")
    if given.webhook_url:
        print(f"webhook secret: {stand_in.send_webhooks_to(given.webhook_url)}")
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    sys.stdout.flush()  # from now on somebody may use it, and end it
    done.wait()
    stand_in.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
