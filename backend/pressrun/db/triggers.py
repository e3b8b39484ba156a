"""Triggers of the Postgres tables: what a commit tells the other processes (wakeups.py hears it)."""

from __future__ import annotations

EVENTS, CANCELS = "pressrun_events", "pressrun_cancels"

TRIGGERS = (
    f"""CREATE OR REPLACE FUNCTION tell_event() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_notify('{EVENTS}', NEW.operation_id || ' ' || NEW.seq); RETURN NULL; END $$""",
    f"""CREATE OR REPLACE FUNCTION tell_cancel() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_notify('{CANCELS}', NEW.operation_id); RETURN NULL; END $$""",
    "CREATE OR REPLACE TRIGGER tell AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION tell_event()",
    """CREATE OR REPLACE TRIGGER tell AFTER UPDATE OF cancel_requested_at ON runs FOR EACH ROW
    WHEN (NEW.cancel_requested_at IS NOT NULL) EXECUTE FUNCTION tell_cancel()""",
)
