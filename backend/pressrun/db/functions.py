"""What Postgres decides by itself, in one round trip: the straight way of `begin_run`, the end of a run, who is next.

A lock that is held over round trips is held while its client waits for a core: four processes then began and ended 20
runs a second. A function holds it for the decision and the commit alone. Each does what the guard's and the lifecycle's
own transactions do, by the same rules and in the same order of locks; what is not straight (waiting, a retry, a webhook
at the end) it leaves alone and says so. The state machine of the tests holds all three to the same answers.

Made by the same hand as the triggers: a change here raises `SCHEMA_VERSION`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ARRAY, String, Text, bindparam, column, text

from pressrun.db.runs import SUMMARY
from pressrun.db.slots import BOUNDS_LOCK, FAR_FROM_BOUND
from pressrun.db.triggers import EVENTS

_LANE = "hashtextextended('pressrun lane ' || {lane}, 0)"
_LOCK_LANE = f"PERFORM pg_advisory_xact_lock({_LANE});"
_FRESH = "NOT (s.ticks_epoch = p_epoch AND p_ticks_s - s.begun_ticks_s > p_stale_s)"
_RUNNING_OF_CALLER = "SELECT count(*) FROM pressrun.runs r WHERE r.status = 'running' AND r.caller = p_caller"
_IN_FRONT = """r.lane = p_lane AND r.status = 'queued' AND r.paused_at IS NULL
    AND (p_share IS NULL OR r.caller NOT IN (
        SELECT o.caller FROM pressrun.runs o WHERE o.status = 'running' GROUP BY o.caller
        HAVING count(*) >= p_share))"""

_FREE_STALE = f"DELETE FROM pressrun.slots s WHERE s.lane = p_lane AND NOT ({_FRESH});"  # noqa: S608 - pieces of this file
# a loop and not a query over generate_series: Postgres would plan that anew each time, for longer than all else takes
_FIRST_FREE = """FOR number IN 1..p_slots LOOP
        slot := number;
        EXIT WHEN NOT EXISTS (SELECT 1 FROM pressrun.slots s WHERE s.lane = p_lane AND s.number = slot);
    END LOOP;"""


def _bounded(count: str, bound: str, otherwise: str) -> str:
    """`slots.within_bound`: a second lock only where the bound is near."""
    return f"""
    n := ({count});
    IF {bound} - n BETWEEN 1 AND {FAR_FROM_BOUND} THEN
        PERFORM pg_advisory_xact_lock({BOUNDS_LOCK});
        n := ({count});
    END IF;
    IF n >= {bound} THEN outcome := '{otherwise}'; named := NULL; RETURN NEXT; RETURN; END IF;"""


_BEGIN_RUN = f"""
CREATE OR REPLACE FUNCTION pressrun.begin_run(
    p_operation_id text, p_lane text, p_slots int, p_caller text, p_route text, p_fingerprint text, p_key text,
    p_title text, p_searchable text, p_rerender_of text, p_on_disconnect text, p_priority int, p_spec text,
    p_webhook_url text, p_now bigint, p_ticks_s float8, p_epoch text, p_window_s float8, p_stale_s float8,
    p_max_runs int, p_share int, p_owner text, p_started text, p_ignore_duplicates boolean, p_likeness text,
    p_source_characters int, p_estimated_total_s float8, p_estimated_total_p75_s float8
) RETURNS TABLE (outcome text, named pressrun.runs) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    n int; held int; ahead int; slot int; is_paused boolean; is_locked boolean;
BEGIN
    -- who cannot have the lock at once looks without it: who is refused takes nobody's turn for it
    is_locked := pg_try_advisory_xact_lock({_LANE.format(lane="p_lane")});
    LOOP
        IF p_key IS NOT NULL THEN
            SELECT r.* INTO named FROM pressrun.runs r WHERE r.caller = p_caller AND r.idempotency_key = p_key;
            IF FOUND THEN outcome := 'key'; RETURN NEXT; RETURN; END IF;
        END IF;
        IF NOT p_ignore_duplicates THEN
            SELECT r.* INTO named FROM pressrun.slots s JOIN pressrun.runs r ON r.operation_id = s.operation_id
            WHERE s.lane = p_lane AND {_FRESH} AND r.fingerprint = p_fingerprint AND r.caller = p_caller
            ORDER BY s.begun_ticks_s, s.number LIMIT 1;
            IF FOUND THEN outcome := 'held'; RETURN NEXT; RETURN; END IF;
            SELECT r.* INTO named FROM pressrun.runs r
            WHERE r.fingerprint = p_fingerprint AND r.caller = p_caller AND (r.status = 'queued' OR (
                r.status IN ('running', 'complete') AND r.ticks_epoch = p_epoch
                AND r.begun_ticks_s > p_ticks_s - p_window_s))
            ORDER BY r.operation_id DESC LIMIT 1;
            IF FOUND THEN outcome := 'recent'; RETURN NEXT; RETURN; END IF;
        END IF;
        SELECT (SELECT count(*) FROM pressrun.slots s WHERE s.lane = p_lane AND {_FRESH}),
            (SELECT count(*) FROM (SELECT 1 FROM pressrun.runs r WHERE {_IN_FRONT} LIMIT p_slots + 1) front),
            EXISTS (SELECT 1 FROM pressrun.lanes l WHERE l.lane = p_lane)
        INTO held, ahead, is_paused;
        IF is_paused OR p_slots - held <= ahead THEN
            outcome := 'busy';
            SELECT r.* INTO named FROM pressrun.slots s JOIN pressrun.runs r ON r.operation_id = s.operation_id
            WHERE s.lane = p_lane AND {_FRESH} ORDER BY s.begun_ticks_s, s.number LIMIT 1;
            IF FOUND THEN RETURN NEXT; RETURN; END IF;
            SELECT r.* INTO named FROM pressrun.runs r WHERE {_IN_FRONT}
            ORDER BY r.priority DESC, r.turn, r.line_number LIMIT 1;
            IF FOUND THEN RETURN NEXT; RETURN; END IF;
            SELECT r.* INTO named FROM pressrun.runs r
            WHERE r.lane = p_lane AND r.status = 'queued' AND r.paused_at IS NOT NULL
            ORDER BY r.priority DESC, r.turn, r.line_number LIMIT 1;
            IF NOT FOUND THEN outcome := 'paused'; END IF;
            RETURN NEXT; RETURN;
        END IF;
        EXIT WHEN is_locked;
        {_LOCK_LANE.format(lane="p_lane")}
        is_locked := true;
    END LOOP;
    IF p_share IS NOT NULL THEN
        {_bounded(_RUNNING_OF_CALLER, "p_share", "share")}
    END IF;
    {_bounded("SELECT count(*) FROM pressrun.slots", "p_max_runs", "full")}
    {_FREE_STALE}
    {_FIRST_FREE}
    INSERT INTO pressrun.runs AS r (operation_id, lane, caller, route, fingerprint, idempotency_key, title, searchable,
        rerender_of, on_disconnect, priority, status, progress, attempt, crashes, owner, handed_back, last_seq,
        created_at, started_at, begun_ticks_s, ticks_epoch, pinned, likeness, source_characters,
        estimated_total_s, estimated_total_p75_s)
    VALUES (p_operation_id, p_lane, p_caller, p_route, p_fingerprint, p_key, p_title, p_searchable,
        p_rerender_of, p_on_disconnect, p_priority, 'running', 0, 1, 0, p_owner, false, 1,
        p_now, p_now, p_ticks_s, p_epoch, false, p_likeness, p_source_characters,
        p_estimated_total_s, p_estimated_total_p75_s)
    RETURNING r.* INTO named;
    INSERT INTO pressrun.specs VALUES (p_operation_id, p_spec);
    IF p_webhook_url IS NOT NULL THEN
        INSERT INTO pressrun.webhooks (operation_id, url, state, attempts)
        VALUES (p_operation_id, p_webhook_url, 'waiting', 0);
    END IF;
    INSERT INTO pressrun.slots (lane, number, operation_id, begun_ticks_s, ticks_epoch)
    VALUES (p_lane, slot, p_operation_id, p_ticks_s, p_epoch);
    INSERT INTO pressrun.events (operation_id, seq, attempt, type, data, at)
    VALUES (p_operation_id, 1, 1, 'started', p_started, p_now);
    -- with the commit, unlike what comes after it: who sleeps because there is no run must hear of it whatever
    -- becomes of us (runs/activity.py)
    PERFORM pg_notify('{EVENTS}', p_operation_id || ' 1');
    outcome := 'started';
    RETURN NEXT;
END $$"""  # noqa: S608 - pieces of this file

_END_RUN = f"""
CREATE OR REPLACE FUNCTION pressrun.end_run(
    p_operation_id text, p_attempt int, p_status text, p_from text[], p_now bigint, p_fields text, p_words text,
    p_most_words int, p_before_seq text, p_after_seq text
) RETURNS TABLE (outcome text, lane text, seq int) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    run pressrun.runs;
BEGIN
    SELECT r.lane INTO lane FROM pressrun.runs r WHERE r.operation_id = p_operation_id;
    IF NOT FOUND THEN outcome := 'gone'; lane := ''; RETURN NEXT; RETURN; END IF;
    {_LOCK_LANE.format(lane="lane")}
    SELECT r.* INTO run FROM pressrun.runs r WHERE r.operation_id = p_operation_id FOR UPDATE;
    IF NOT FOUND OR NOT run.status = ANY (p_from) OR run.attempt <> coalesce(p_attempt, run.attempt) THEN
        outcome := 'over'; RETURN NEXT; RETURN;
    END IF;
    IF EXISTS (SELECT 1 FROM pressrun.webhooks w WHERE w.operation_id = p_operation_id) THEN
        outcome := 'webhook'; RETURN NEXT; RETURN;
    END IF;
    seq := run.last_seq + 1;
    UPDATE pressrun.runs r SET status = p_status, ended_at = p_now, last_seq = r.last_seq + 1, owner = NULL,
        result = CASE WHEN p_status = 'complete' THEN p_fields ELSE r.result END,
        progress = CASE WHEN p_status = 'complete' THEN 100 ELSE r.progress END,
        error = CASE WHEN p_status = 'error' THEN p_fields ELSE r.error END,
        searchable = nullif(left(concat_ws(E'\\n', r.searchable, p_words), p_most_words), '')
    WHERE r.operation_id = p_operation_id;
    INSERT INTO pressrun.events (operation_id, seq, attempt, type, data, at)
    VALUES (p_operation_id, run.last_seq + 1, run.attempt, p_status, p_before_seq || seq || p_after_seq, p_now);
    DELETE FROM pressrun.slots s WHERE s.operation_id = p_operation_id;
    outcome := 'ended';
    RETURN NEXT;
END $$"""  # noqa: S608 - pieces of this file

_PROMOTE = f"""
CREATE OR REPLACE FUNCTION pressrun.promote(
    p_lane text, p_slots int, p_max_runs int, p_share int, p_owner text, p_now bigint, p_ticks_s float8, p_epoch text,
    p_stale_s float8, p_first text, p_again text, p_the_run text, p_the_seq text, p_the_attempt text, p_the_stage text,
    p_the_total text, p_the_p75 text
) RETURNS TABLE (begun jsonb, others boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    run pressrun.runs; n int; room int; taken int := 0; ahead int := 0; slot int; told text; served bigint;
BEGIN
    {_LOCK_LANE.format(lane="p_lane")}
    IF p_share IS NOT NULL THEN PERFORM pg_advisory_xact_lock({BOUNDS_LOCK}); END IF;
    begun := '[]';
    others := false;
    IF EXISTS (SELECT 1 FROM pressrun.lanes l WHERE l.lane = p_lane)
        OR NOT EXISTS (SELECT 1 FROM pressrun.runs r WHERE {_IN_FRONT}) THEN
        DELETE FROM pressrun.turns t WHERE t.lane = p_lane AND NOT EXISTS (
            SELECT 1 FROM pressrun.runs r WHERE r.lane = p_lane AND r.status = 'queued');
        RETURN NEXT; RETURN;
    END IF;
    {_FREE_STALE}
    room := p_slots - (SELECT count(*) FROM pressrun.slots s WHERE s.lane = p_lane);
    IF room > 0 THEN
        n := p_max_runs - (SELECT count(*) FROM pressrun.slots);
        IF n BETWEEN 1 AND {FAR_FROM_BOUND} THEN
            PERFORM pg_advisory_xact_lock({BOUNDS_LOCK});
            n := p_max_runs - (SELECT count(*) FROM pressrun.slots);
        END IF;
        room := least(room, n);
    END IF;
    FOR run IN SELECT r.* FROM pressrun.runs r WHERE {_IN_FRONT}
        ORDER BY r.priority DESC, r.turn, r.line_number LIMIT p_slots + 1
    LOOP
        ahead := ahead + 1;
        CONTINUE WHEN taken >= room OR p_share <= (
            SELECT count(*) FROM pressrun.runs r WHERE r.status = 'running' AND r.caller = run.caller);
        taken := taken + 1;
        {_FIRST_FREE}
        INSERT INTO pressrun.slots (lane, number, operation_id, begun_ticks_s, ticks_epoch)
        VALUES (p_lane, slot, run.operation_id, p_ticks_s, p_epoch);
        UPDATE pressrun.runs r SET status = 'running', owner = p_owner, started_at = p_now, begun_ticks_s = p_ticks_s,
            ticks_epoch = p_epoch, queue_position = NULL, turn = NULL, line_number = NULL, handed_back = false,
            last_seq = r.last_seq + 1
        WHERE r.operation_id = run.operation_id;
        told := replace(CASE WHEN run.attempt > 1 THEN p_again ELSE p_first END, p_the_run, run.operation_id);
        told := replace(replace(told, p_the_seq, (run.last_seq + 1)::text), p_the_attempt, run.attempt::text);
        told := replace(told, p_the_stage, coalesce(run.stage, 'compose'));
        told := replace(told, p_the_total, coalesce(round(run.estimated_total_s::numeric, 1)::text, 'null'));
        told := replace(told, p_the_p75, coalesce(round(run.estimated_total_p75_s::numeric, 1)::text, 'null'));
        INSERT INTO pressrun.events (operation_id, seq, attempt, type, data, at)
        VALUES (run.operation_id, run.last_seq + 1, run.attempt, 'started', told, p_now);
        served := greatest((SELECT max(t.turn) FROM pressrun.turns t
            WHERE t.lane = p_lane AND t.priority = run.priority), run.turn, 1);
        DELETE FROM pressrun.turns t WHERE t.lane = p_lane AND t.priority = run.priority
            AND (t.turn < served OR t.caller = run.caller);
        INSERT INTO pressrun.turns (lane, priority, caller, turn) VALUES (p_lane, run.priority, run.caller, served);
        begun := begun || jsonb_build_array(jsonb_build_array(run.operation_id, run.last_seq + 1, told));
    END LOOP;
    others := ahead > taken;
    RETURN NEXT;
END $$"""  # noqa: S608 - pieces of this file

FUNCTIONS = (_BEGIN_RUN, _END_RUN, _PROMOTE)


def _names(words: str) -> list[str]:
    return words.split()


# statements as SQLAlchemy wants them: the types of what comes back, Instants among them
_BEGIN_PARAMETERS = _names(
    """operation_id lane slots caller route fingerprint key title searchable rerender_of on_disconnect priority spec
    webhook_url now ticks_s epoch window_s stale_s max_runs share owner started ignore_duplicates likeness
    source_characters estimated_total_s estimated_total_p75_s"""
)
_PROMOTE_PARAMETERS = _names(
    "lane slots max_runs share owner now ticks_s epoch stale_s first again the_run the_seq the_attempt the_stage"
    " the_total the_p75"
)
_END_PARAMETERS = _names("operation_id attempt status from now fields words most_words before_seq after_seq")


def _call(name: str, parameters: Sequence[str], returned: str) -> str:
    given = ", ".join(f"p_{parameter} => :{parameter}" for parameter in parameters)
    return f"SELECT {returned} FROM pressrun.{name}({given}) AS f"  # noqa: S608 - constants


BEGIN_RUN = text(
    _call("begin_run", _BEGIN_PARAMETERS, ", ".join(["f.outcome", *(f"(f.named).{item.name}" for item in SUMMARY)]))
).columns(column("outcome", String), *(column(item.name, item.type) for item in SUMMARY))
END_RUN = text(_call("end_run", _END_PARAMETERS, "f.outcome, f.lane, f.seq")).bindparams(
    bindparam("from", type_=ARRAY(Text))
)
PROMOTE = text(_call("promote", _PROMOTE_PARAMETERS, "f.begun, f.others"))
