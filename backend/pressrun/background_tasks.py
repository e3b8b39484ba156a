"""`TASKS`: every task that runs in the background, and what happens when it fails. docs/background-tasks.md shows it.

Whoever waits for work hears of its failure; nobody waits for these. So each runs under `pressrun.background`, by a name
that stands here, which is also its label in /metrics and its failpoint (`background.NAME`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """`essential`: while it fails again and again, /readyz says so. `pause_max_s`: between two attempts."""

    name: str
    does: str
    on_failure: str
    essential: bool = False
    pause_max_s: float = 5.0  # arbitrary (1..30)


RECONCILE = BackgroundTask(
    "reconcile",
    "closes runs whose workflow ended without them, starts those that have none, serves the waiting queues",
    "tried again; runs start, end and serve the queue by themselves meanwhile",
    essential=True,
    pause_max_s=1,  # beside its own three seconds
)
START_RUN = BackgroundTask("start_run", "starts an admitted run's workflow", "`reconcile` starts it")
SERVE_QUEUE = BackgroundTask("serve_queue", "lets the next in a queue begin when a run has ended", "`reconcile` does")
END_CANCELLED = BackgroundTask(
    "end_cancelled", "ends a cancelled run that does not stop by itself", "the run ends when its stage has noticed"
)
WEBHOOKS = BackgroundTask("webhooks", "delivers webhooks that are due", "tried again; what is due stays due")
ESTIMATES = BackgroundTask(
    "estimates", "learns from runs that ended how long the next will take", "tried again; what was known is told on"
)
RETENTION = BackgroundTask(
    "retention", "removes what is no longer to be kept", "tried again; runs are kept longer", pause_max_s=60
)
LISTEN = BackgroundTask(
    "listen", "passes on what other processes on the same Postgres tell", "tried again; `look` finds it within a second"
)
NOTIFY = BackgroundTask(
    "notify",
    "tells other processes on the same Postgres of new events",
    "what is new is told the next time; the others' `look` finds it within a second",
    pause_max_s=1,
)
SUCCEED = BackgroundTask(
    "succeed",
    "takes over from processes that have left and handed their runs back",
    "`look` finds them within two seconds",
    pause_max_s=1,
)
LOOK = BackgroundTask(
    "look",
    "looks for what was not heard, and takes over from processes that are gone",
    "tried again; the other processes take over meanwhile",
    essential=True,
    pause_max_s=1,
)
CUT_OFF = BackgroundTask(
    "cut_off",
    "takes over from processes that are frozen",
    "tried again; the other processes do it meanwhile",
    pause_max_s=0.4,  # with its own half second, less than what it takes for having been frozen itself
)
WAKEUPS = BackgroundTask(
    "wakeups",
    "holds the connection that hears Postgres",
    "connected again; `look` finds within a second what was missed",
    pause_max_s=1,
)
HEARTBEAT = BackgroundTask(
    "heartbeat",
    "shows the other processes on the same Postgres that this one lives",
    "connected again; after 3 s the others take this one's runs over, and it lets go of them",
    essential=True,
    pause_max_s=1,
)
ENGINE_QUEUE = BackgroundTask(
    "engine_queue",
    "takes interrupted runs up again (a thread)",
    "tried again; they wait meanwhile; /livez says so when the thread is gone",
    essential=True,
)
WARM_PARSER = BackgroundTask("warm_parser", "starts a parser ahead of the first run", "the first run starts it")
WARM_BROWSER = BackgroundTask("warm_browser", "starts a browser ahead of the first run", "the first run starts it")
LEASE = BackgroundTask(
    "lease", "opens, keeps and closes the page of one lease", "the run hears of it; its room in the browser comes back"
)
SPARE_PAGE = BackgroundTask("spare_page", "opens a page ahead of the next lease", "the next lease opens its own")
BROWSER_WATCH = BackgroundTask(
    "browser_watch",
    "finds out that a browser is frozen or gone",
    "tried again; after three times in a row the browser is replaced, because nobody would notice",
    essential=True,
)
BROWSER_END = BackgroundTask("browser_end", "closes a browser that was replaced or lost", "its process is killed")
PAGE_MEMORY = BackgroundTask(
    "page_memory",
    "ends pages that outgrow their memory",
    "tried again, from all pages that are open; the heap limit of scripts holds meanwhile",
    essential=True,
    pause_max_s=1,
)
DRIVER_WATCH = BackgroundTask(
    "driver_watch",
    "tells the browsers that Playwright's driver has ended",
    "tried again; `browser_watch` notices at its next look",
)
CONNECTION_LIMIT = BackgroundTask(
    "connection_limit", "sends away who has asked nothing for too long", "tried again half a second later"
)

TASKS = (
    RECONCILE,
    START_RUN,
    SERVE_QUEUE,
    END_CANCELLED,
    WEBHOOKS,
    ESTIMATES,
    RETENTION,
    LISTEN,
    NOTIFY,
    SUCCEED,
    LOOK,
    CUT_OFF,
    WAKEUPS,
    HEARTBEAT,
    ENGINE_QUEUE,
    WARM_PARSER,
    WARM_BROWSER,
    LEASE,
    SPARE_PAGE,
    BROWSER_WATCH,
    BROWSER_END,
    PAGE_MEMORY,
    DRIVER_WATCH,
    CONNECTION_LIMIT,
)
