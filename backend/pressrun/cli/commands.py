"""The commands and their help. Each parses, calls one function, and returns its exit code."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from pressrun import __version__
from pressrun.cli.exits import Exit
from pressrun.cli.imports import importing
from pressrun.cli.options import PolicyOptions, RenderOptions, ServerOptions, address, given, is_named
from pressrun.cli.runs import lanes, runs
from pressrun.source_kinds import FILE_WORDS, SourceField

_HELP = """Turns text and HTML into slides.

First steps:
  pressrun lesson.md -o lesson.pdf  make slides from a file
  pressrun serve                    start the server and its UI
  pressrun doctor                   check what a run needs

Exit codes: 0 complete, 1 error, 2 usage, 3 rejected, 130 cancelled."""

app = App(
    name="pressrun",
    help=_HELP,
    help_format="plaintext",
    version=__version__,
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)
token = App(name="token", help="Make tokens for a server that others can reach.", help_format="plaintext")
app.command(token)
app.command(runs)
app.command(lanes)

_FILE = f"{FILE_WORDS} (by its ending) in UTF-8; - is standard input."
_Json = Annotated[bool, Parameter(negative=())]
_Switch = _Json


@app.default
def make(
    *files: Annotated[str, Parameter(allow_leading_hyphen=True, help=f"{_FILE} Several are made one by one.")],
    out: Annotated[
        list[str] | None,
        Parameter(alias="-o", negative=(), consume_multiple=False, allow_leading_hyphen=True, metavar="NAME"),
    ] = None,
    input_dir: Annotated[Path | None, Parameter(alias="-I")] = None,
    parallel: Annotated[int, Parameter(alias="-P")] = 1,
    force: Annotated[bool, Parameter(alias="-f", negative=())] = False,
    no_clobber: Annotated[bool, Parameter(alias="-n", negative=())] = False,
    fail_fast: _Switch = False,
    watch: Annotated[bool, Parameter(alias="-w", negative=())] = False,
    open: _Switch = False,
    json: _Json = False,
    source: SourceField | None = None,
    idempotency_key: str | None = None,
    install_browser: _Switch = False,
    render: RenderOptions = RenderOptions(),  # noqa: B008 - frozen
    policies: PolicyOptions = PolicyOptions(),  # noqa: B008 - frozen
    server: ServerOptions = ServerOptions(),  # noqa: B008 - frozen
) -> int:
    """Make slides from files, with a server or without one.

      pressrun lesson.md
      pressrun lesson.md -o lesson.pdf -o slides/
      pressrun chapters/*.md -o out/ --outputs pdf -P 2
      fortune | pressrun - -o - --outputs pdf > fortune.pdf
      pressrun lesson.md -o lesson.pdf --watch --open

    Where no server is named and none answers at the default address, one runs for this command alone.

    Parameters
    ----------
    out
        Where to: a name whose ending says what to make, a folder for the pictures, or - for standard output; may be
        given several times. Beside the file unless given.
    input_dir
        All files of this folder and those below, mirrored under --out.
    parallel
        How many are made at once.
    force
        Replace what is there already.
    no_clobber
        Leave out what is there already.
    fail_fast
        Stop at the first that fails.
    watch
        Stay, and make again what changes.
    open
        Show the first result.
    json
        Print the events as they come, one JSON object per line with the file it is of, and nothing else.
    source
        What the files are, whatever their names.
    idempotency_key
        Your own name for this request: sent again with the same name, it is the same run.
    install_browser
        Without a server: install a Chromium first where there is none, and do not ask.
    """
    if not files and input_dir is None:
        app.help_print()
        return Exit.COMPLETE if not out else Exit.USAGE
    from pressrun.cli import words

    words.require_files(files, app)
    from pressrun.cli import jobs

    where = jobs.find_server(*address(server), named=is_named(server))
    request = {**given(render), **given(policies)}
    if where is None or len(files) > 1 or input_dir is not None:
        request = {"on_busy": "queue", "on_duplicate": "join", **request}
    wish = jobs.Wish(
        files=files,
        tree=input_dir,
        outs=out or (),
        source=source,
        request=request,
        at_once=parallel,
        force=force,
        no_clobber=no_clobber,
        fail_fast=fail_fast,
        watch=watch,
        open_it=open,
        json=json,
        key=idempotency_key,
        install_browser=install_browser,
    )
    return jobs.run(wish, where)


@app.command
def generate(
    file: Annotated[str, Parameter(allow_leading_hyphen=True, help=_FILE)],
    /,
    *,
    out: Annotated[Path | None, Parameter(alias="-o")] = None,
    json: _Json = False,
    explain: Annotated[bool, Parameter(negative=())] = False,
    source: SourceField | None = None,
    idempotency_key: str | None = None,
    render: RenderOptions = RenderOptions(),  # noqa: B008 - frozen
    policies: PolicyOptions = PolicyOptions(),  # noqa: B008 - frozen
    server: ServerOptions = ServerOptions(),  # noqa: B008 - frozen
) -> int:
    """Make slides from a file and wait for them.

    Shows a bar on a terminal and lines in a pipe, reconnects by itself, and ends by naming the batch folder and its
    files. Ctrl-C cancels the run, a second Ctrl-C leaves it running.

      pressrun generate lesson.md --out slides/
      pressrun generate page.html --outputs images,pdf --zoom 1.5
      fortune | pressrun generate - --theme ink --json
      pressrun generate lesson.md --explain

    Exit codes: 0 complete, 1 error, 2 usage, 3 rejected (another run is in the way), 130 cancelled.

    Parameters
    ----------
    out
        Download the files into this folder and verify them.
    json
        Print the events as they come, one JSON object per line, and nothing else.
    explain
        Start nothing: say what would be in the way, in which fields it differs, and what each policy would do. Exit
        code 3 if this request would be rejected, else 0.
    source
        What the file is, whatever its name.
    idempotency_key
        Your own name for this request: sent again with the same name, it is the same run.
    """
    from pressrun.cli import generate as command
    from pressrun.cli.source import read_source

    url, secret = address(server)
    request = {**read_source(file, source), **given(render), **given(policies)}
    if explain:
        from pressrun.cli.explain import explain as explain_it

        return explain_it(url, secret, request, keyed=idempotency_key is not None, json=json)
    return command.generate(url, secret, request, key=idempotency_key, out=out, json=json)


@app.command
def serve(*, host: str | None = None, port: int | None = None, data_dir: Path | None = None) -> int:
    """Start the server and its UI; Ctrl-C stops it.

      pressrun serve
      pressrun serve --port 9000 --data-dir /srv/pressrun

    Everything else is set by environment variables or a .env file; see the table in README.

    Parameters
    ----------
    host
        Address to listen on; PRESSRUN_HOST or 127.0.0.1. Any other needs PRESSRUN_TOKENS.
    port
        PRESSRUN_PORT or 8000; 0 takes a free one.
    data_dir
        Where runs and batch folders are kept; PRESSRUN_DATA_DIR or ./data.
    """
    with importing():
        from pressrun.cli import server as command

    return command.serve(host, port, data_dir)


@app.command
def cancel(operation_id: str, /, *, server: ServerOptions = ServerOptions()) -> None:  # noqa: B008 - frozen
    """Cancel a run.

    Parameters
    ----------
    operation_id
        The run, as `pressrun runs` lists it.
    """
    from pressrun.cli import history

    history.cancel_run(*address(server), operation_id)


@app.command
def verify(wanted: str | None = None, /, *, data_dir: Path | None = None, json: _Json = False) -> int:
    """Check batch folders against their manifests: every file's size and digest, and that nothing is missing or extra.

    Reads the data folder; needs no server.

      pressrun verify
      pressrun verify 0199e0a2-93e1-7f3c-a1de-6d5c4b3a2f10

    Exit codes: 0 all are whole, 1 something is damaged.

    Parameters
    ----------
    wanted
        A run, a folder's name, or a path to a batch folder; all of the data folder unless given.
    data_dir
        PRESSRUN_DATA_DIR or ./data.
    json
        One JSON object per folder and line.
    """
    from pressrun.cli import verify as command

    return command.verify(wanted, data_dir, json=json)


@app.command
def retention(*, dry_run: _Switch = False, json: _Json = False, server: ServerOptions = ServerOptions()) -> None:  # noqa: B008 - frozen
    """Remove what the server is no longer to keep, by PRESSRUN_RETENTION_DAYS and PRESSRUN_RETENTION_MAX_BYTES.

    The server does so by itself every hour; this does it now. Where there are tokens it needs the scope admin.

      pressrun retention --dry-run

    Parameters
    ----------
    dry_run
        Only say what would go, and why.
    json
        One JSON object per removed run and line.
    """
    from pressrun.cli import retention as command

    command.sweep(*address(server), dry_run=dry_run, json=json)


@app.command
def doctor(*, json: _Json = False, browser: _Switch = False) -> int:
    """Check everything a run needs on this machine, and say how to mend what is missing.

    Exit codes: 0 all is well, 1 something is missing.

    Parameters
    ----------
    browser
        Only Chromium, and how many pictures a second it captures here.
    json
        One JSON object per line.
    """
    from pressrun.cli import server as command

    return command.doctor(json=json, browser=browser)


@app.command(name="install-browser")
def install_browser() -> None:
    """Find a Chromium, or install one, and the fonts it needs."""
    from pressrun.cli import server as command

    command.install_browser()


@app.command(name="adopt-store")
def adopt_store() -> None:
    """Make PRESSRUN_DATA_DIR the store of the database, when the folder that was is lost.

    Files of runs that are not in it stay lost. Stop all servers of the database before.
    """
    from pressrun.cli import server as command

    command.adopt_store()


@app.command
def openapi() -> None:
    """Print the OpenAPI document of the server's interface."""
    from pressrun.cli import server as command

    command.openapi()


@app.command
def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print the script by which a shell completes commands and options.

      pressrun completion bash > ~/.local/share/bash-completion/completions/pressrun

    Parameters
    ----------
    shell
        bash, zsh or fish.
    """
    sys.stdout.write(app.generate_completion(shell=shell))


@token.command
def new(*, name: str = "default") -> None:
    """Print a fresh token, once, and the line to put into PRESSRUN_TOKENS.

      pressrun token new --name laptop

    Parameters
    ----------
    name
        Whose token it is: runs belong to that name; a-z, 0-9, _ and -.
    """
    from pressrun.cli import server as command

    command.new_token(name)


@app.command(name="webhook-secret")
def webhook_secret() -> None:
    """Print a fresh secret for PRESSRUN_WEBHOOK_SECRET, with which the server signs its webhooks."""
    from pressrun.cli import server as command

    command.new_webhook_secret()
