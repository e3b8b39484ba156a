"""What a Postgres schema has beside its tables. Made with the tables and with each upgrade, never at a plain start.

A change here is a change of the schema: it raises `SCHEMA_VERSION`.
"""

from __future__ import annotations

EVENTS, CANCELS, LEFT = "pressrun_events", "pressrun_cancels", "pressrun_left"

TRIGGERS = (
    f"""CREATE OR REPLACE FUNCTION tell_cancel() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_notify('{CANCELS}', NEW.operation_id); RETURN NULL; END $$""",
    """CREATE OR REPLACE TRIGGER tell AFTER UPDATE OF cancel_requested_at ON runs FOR EACH ROW
    WHEN (NEW.cancel_requested_at IS NOT NULL) EXECUTE FUNCTION tell_cancel()""",
    # of earlier releases: it let one commit pass after the other (notifier.py)
    "DROP TRIGGER IF EXISTS tell ON events",
    "DROP FUNCTION IF EXISTS tell_event()",
)
