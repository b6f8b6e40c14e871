"""The entry that the web server imports in each worker: ``podcast_server.wsgi:create_for_granian``
for granian, ``podcast_server.wsgi:create`` for any server that speaks WSGI."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing import parent_process
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from feeds.delivery.again import Again, again_first, given_again
from feeds.delivery.door import fast_lane
from feeds.delivery.lane import Lane
from feeds.delivery.plain_http import Exposures, never_plain
from feeds.downloads.record import HitBuffer
from podcast_server.app import create_app
from podcast_server.database import require_fitting_schema
from podcast_server.heaps import give_back_regularly, keep_heaps_few
from podcast_server.logs import set_up_logging
from podcast_server.monitoring.door import Monitor, kind_of, monitored
from podcast_server.monitoring.error_reports import report_errors
from podcast_server.monitoring.traces import NOWHERE, open_traces
from podcast_server.reach import answering
from podcast_server.services import (
    Services,
    now_utc,
    open_lane,
    open_memory,
    open_recorder,
    open_services,
)
from podcast_server.settings import find_config, load_settings
from podcast_server.short_way import answer_before_wsgi
from podcast_server.takeover import note_able

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


# Where what is given again may be answered past WSGI, for so many proxies; whether it is.
PastWsgi = Callable[[Again, int], bool]

LAST_NOTES_SECONDS = 3.0
LAST_REQUESTS_SECONDS = 30.0  # as long as a worker gets from the server (`serve`)


def create() -> WSGIApplication:
    """Build the application from the configuration of this process."""
    return _build(_not_past_it)


def create_for_granian() -> WSGIApplication:
    """As ``create``; what can be given again is, without the way through WSGI."""
    return _build(answer_before_wsgi)


def _not_past_it(_again: Again, _proxies: int) -> bool:
    return False


def _build(past_wsgi: PastWsgi) -> WSGIApplication:
    _end_with_parent()
    keep_heaps_few()
    settings = load_settings(find_config(os.environ), os.environ)
    set_up_logging(settings.log)
    Finalize(None, report_errors(settings.monitoring), exitpriority=3)
    services = open_services(settings)
    require_fitting_schema(services.engine)
    recorder, lane = _open_delivery(services)
    monitor = Monitor(services, recorder.stats, now_utc)
    monitor.folder.start()
    Finalize(None, monitor.folder.stop, exitpriority=5)
    traces = open_traces(settings.monitoring, "web")
    Finalize(None, traces.close, exitpriority=4)
    # Traces watch every request, so none may go past them.
    entry = _entry(services, lane, monitor, _not_past_it if traces is not NOWHERE else past_wsgi)
    # What is there now stays: without this the rubbish collection goes through all of it now and
    # then, and for a tenth of a second nobody is answered.
    gc.collect()
    gc.freeze()
    give_back_regularly()
    note_able()
    return traces.around(entry, kind_of)


def _open_delivery(services: Services) -> tuple[HitBuffer, Lane]:
    recorder = open_recorder(services)
    recorder.start()
    memory = open_memory(services.engine, services.settings.feeds.remembered)
    lane = open_lane(services, recorder, memory)
    # Workers end without atexit; this is the hook that multiprocessing runs, highest first.
    Finalize(None, lane.drain, args=(LAST_NOTES_SECONDS,), exitpriority=11)
    Finalize(None, recorder.close, exitpriority=10)
    return recorder, lane


def _entry(
    services: Services, lane: Lane, monitor: Monitor, past_wsgi: PastWsgi
) -> WSGIApplication:
    """All doors, one before the other; the last one named is asked first."""
    settings = services.settings
    old_hosts = frozenset(settings.site.old_hosts)
    public_url = settings.site.public_url
    https = public_url.startswith("https:")
    pages = answering(create_app(services, lane), services.tokens)
    entry = fast_lane(lane, pages, old_hosts, https=https)
    exposures = Exposures(services.engine, services.tokens, time.time)
    entry = never_plain(entry, public_url, exposures, old_hosts)
    proxies = settings.server.trusted_proxies
    entry = monitored(entry, monitor, trust_ids=proxies > 0)
    again = given_again(lane, monitor.tally.add, old_hosts, https=https)
    if not past_wsgi(again, proxies):
        entry = again_first(again, entry)
    if proxies:
        # Only so many addresses at the end of X-Forwarded-For were written by our own proxies.
        entry = ProxyFix(entry, x_for=proxies, x_proto=proxies, x_host=proxies)
    return entry


def _end_with_parent(last_requests: float = LAST_REQUESTS_SECONDS) -> None:
    """Stop in good order when the process that started this worker is gone.

    Without this a server that is killed leaves its workers on the port, serving by old
    settings beside the server that is started next. What has not ended after ``last_requests``
    seconds is ended: a worker that has only just begun may miss the signal.
    """
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(last_requests)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="parent", daemon=True).start()
