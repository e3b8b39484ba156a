"""`pressrun runs …` and `pressrun lanes …`, and their help. Each parses, calls one function, returns its exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from pressrun.cli.options import AgainOptions, ServerOptions, address, given

runs = App(name="runs", help="List runs, look at one, make it again.", help_format="plaintext")
lanes = App(name="lanes", help="Who is in which lane; pause and resume them.", help_format="plaintext")

_Json = Annotated[bool, Parameter(negative=())]
_Status = Literal["queued", "running", "complete", "error", "cancelled"]
_Out = Annotated[Path | None, Parameter(alias="-o")]
_SERVER = ServerOptions()
_SHOW = AgainOptions()


@runs.default
def list_runs(
    *,
    limit: int = 20,
    status: _Status | None = None,
    lane: str | None = None,
    search: Annotated[str | None, Parameter(alias="-q")] = None,
    since: str | None = None,
    pinned: bool | None = None,
    json: _Json = False,
    server: ServerOptions = _SERVER,
) -> None:
    """List the newest runs: a table on a terminal, tab-separated lines in a pipe.

    A line has operation_id, instant of creation, status, slides, title, lane, seconds it took, and size of its files;
    a narrow terminal shows fewer.

      pressrun runs --status error
      pressrun runs --search volcano --since 2026-11-01
      pressrun runs --json | head -1

    Parameters
    ----------
    limit
        At most this many.
    status
        Only runs of this status.
    lane
        Only runs of this lane.
    search
        Only runs with all these words in title, error or names of exports; or the run of that operation_id.
    since
        Only runs made at or after this instant, as in 2026-11-25 or 2026-11-25T13:00:00Z.
    pinned
        Only runs that are pinned, or that are not.
    json
        One JSON object per line.
    """
    from pressrun.cli import history

    filters = {"status": status, "lane": lane, "q": search, "since": since, "pinned": pinned}
    history.list_runs(*address(server), filters=filters, limit=limit, json=json)


@runs.command
def show(operation_id: str, /, *, json: _Json = False, spec: _Json = False, server: ServerOptions = _SERVER) -> None:
    """Show a run: who started it, its attempts, how long each stage took, what it made.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    json
        As one JSON object.
    spec
        Only what it was made from, as one JSON object.
    """
    from pressrun.cli import history

    history.show_run(*address(server), operation_id, json=json, spec=spec)


@runs.command
def log(operation_id: str, /, *, follow: _Json = False, json: _Json = False, server: ServerOptions = _SERVER) -> None:
    """Print the log lines of a run.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    follow
        Go on until the run has ended.
    json
        One JSON object per line.
    """
    from pressrun.cli import history

    history.print_log(*address(server), operation_id, follow=follow, json=json)


@runs.command
def follow(operation_id: str, /, *, out: _Out = None, json: _Json = False, server: ServerOptions = _SERVER) -> int:
    """Show a run from its beginning, and wait for its end.

    Ctrl-C leaves it running. Exit codes: 0 complete, 1 error, 130 cancelled or left.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    out
        Download the files into this folder and verify them.
    json
        Print the events, one JSON object per line, and nothing else.
    """
    from pressrun.cli import generate

    return generate.follow(*address(server), operation_id, out=out, json=json)


@runs.command
def get(
    operation_id: str,
    /,
    *,
    out: Annotated[
        list[str] | None,
        Parameter(alias="-o", negative=(), consume_multiple=False, allow_leading_hyphen=True, metavar="NAME"),
    ] = None,
    force: Annotated[bool, Parameter(alias="-f", negative=())] = False,
    server: ServerOptions = _SERVER,
) -> None:
    """Download what a complete run made, verified, whole or not at all.

      pressrun runs get 01a2… -o lesson.pdf
      pressrun runs get 01a2… -o everything/

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    out
        A name whose ending says which file, or a folder for all; a folder of the run's name unless given.
    force
        Replace what is there already.
    """
    from pressrun.cli import fetch

    fetch.get(*address(server), operation_id, out or (), force=force)


@runs.command(name="open")
def open_run(operation_id: str, /, *, server: ServerOptions = _SERVER) -> None:
    """Show a run's page in the browser.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    """
    from pressrun.cli import fetch

    fetch.open_page(*address(server), operation_id)


@runs.command
def retry(
    operation_id: str,
    /,
    *,
    on_busy: Literal["reject", "queue"] | None = None,
    out: _Out = None,
    json: _Json = False,
    server: ServerOptions = _SERVER,
) -> int:
    """Let a run that failed or was cancelled go on from its last finished stage, and wait for it.

    Exit codes: 0 complete, 1 error, 2 usage, 3 rejected (another run is in the way), 130 cancelled.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    on_busy
        The lane is taken: reject, or queue behind the run in it; reject unless given.
    out
        Download the files into this folder and verify them.
    json
        Print the events as they come, one JSON object per line, and nothing else.
    """
    from pressrun.cli import generate

    return generate.retry(*address(server), operation_id, on_busy=on_busy, out=out, json=json)


@runs.command
def rerender(
    operation_id: str,
    /,
    *,
    show: AgainOptions = _SHOW,
    lane: str | None = None,
    on_busy: Literal["reject", "join", "queue", "replace"] | None = None,
    idempotency_key: str | None = None,
    out: _Out = None,
    json: _Json = False,
    server: ServerOptions = _SERVER,
) -> int:
    """Make a new run from the saved document of a complete one, shown in another way, and wait for it.

    No AI is asked. What is not given is as it was.

      pressrun runs rerender 01a2… --zoom 3 --image-format jpeg
      pressrun runs rerender 01a2… --outputs pdf --out handout/

    Exit codes: 0 complete, 1 error, 2 usage, 3 rejected (another run is in the way), 130 cancelled.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    lane
        Lane of the new run; default unless given.
    on_busy
        The lane is taken: reject, join that run, queue behind it, or replace it; reject unless given.
    idempotency_key
        Your own name for this request: sent again with the same name, it is the same run.
    out
        Download the files into this folder and verify them.
    json
        Print the events as they come, one JSON object per line, and nothing else.
    """
    from pressrun.cli import generate

    changes = given(show) | {name: value for name, value in (("lane", lane), ("on_busy", on_busy)) if value}
    return generate.rerender(*address(server), operation_id, changes, key=idempotency_key, out=out, json=json)


@runs.command
def pin(operation_id: str, /, *, server: ServerOptions = _SERVER) -> None:
    """Pin a run: retention leaves it alone.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    """
    from pressrun.cli import history

    history.change_run(*address(server), operation_id, "pin")


@runs.command
def unpin(operation_id: str, /, *, server: ServerOptions = _SERVER) -> None:
    """Unpin a run.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    """
    from pressrun.cli import history

    history.change_run(*address(server), operation_id, "unpin")


@runs.command
def pause(operation_id: str, /, *, server: ServerOptions = _SERVER) -> None:
    """Hold a run that waits in its queue, where others pass it.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    """
    from pressrun.cli import history

    history.change_run(*address(server), operation_id, "pause")


@runs.command
def resume(operation_id: str, /, *, server: ServerOptions = _SERVER) -> None:
    """Let a paused run go on.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    """
    from pressrun.cli import history

    history.change_run(*address(server), operation_id, "resume")


@runs.command
def delete(operation_id: str, /, *, server: ServerOptions = _SERVER) -> None:
    """Delete a run that has ended, with its events, log lines and files.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    """
    from pressrun.cli import history

    history.delete_run(*address(server), operation_id)


@lanes.default
def list_lanes(*, json: _Json = False, server: ServerOptions = _SERVER) -> None:
    """List the lanes: slots, who runs and waits, and whether they are paused.

    Parameters
    ----------
    json
        One JSON object per line.
    """
    from pressrun.cli import history

    history.list_lanes(*address(server), json=json)


@lanes.command(name="pause")
def pause_lane(lane: str = "default", /, *, server: ServerOptions = _SERVER) -> None:
    """Pause a lane: nobody begins in it until it is resumed, who runs goes on.

    Parameters
    ----------
    lane
        The lane; default unless given.
    """
    from pressrun.cli import history

    history.change_lane(*address(server), lane, paused=True)


@lanes.command(name="resume")
def resume_lane(lane: str = "default", /, *, server: ServerOptions = _SERVER) -> None:
    """Resume a lane.

    Parameters
    ----------
    lane
        The lane; default unless given.
    """
    from pressrun.cli import history

    history.change_lane(*address(server), lane, paused=False)
