"""The commands and their help. Each parses, calls one function, and returns its exit code."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from pressrun import __version__
from pressrun.cli.exits import Exit
from pressrun.cli.imports import importing
from pressrun.cli.options import (
    BesideOptions,
    MakeOptions,
    PolicyOptions,
    RenderOptions,
    ServerOptions,
    Switch,
    address,
    given,
    is_named,
)
from pressrun.cli.runs import lanes, runs
from pressrun.cli.theme_commands import themes
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
app.command(themes)

_FILE = f"{FILE_WORDS} (by its ending) in UTF-8; - is standard input."


@app.default
def make(
    *files: Annotated[str, Parameter(allow_leading_hyphen=True, help=f"{_FILE} Several are made one by one.")],
    options: MakeOptions = MakeOptions(),  # noqa: B008 - frozen
    beside: BesideOptions = BesideOptions(),  # noqa: B008 - frozen
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
    """
    if not files and options.input_dir is None:
        app.help_print()
        return Exit.COMPLETE if not options.out else Exit.USAGE
    from pressrun.cli import words

    words.require_files(files, app)
    from pressrun.cli import jobs

    where = jobs.find_server(*address(server), named=is_named(server))
    wish = jobs.Wish(files, options, beside, {**given(render), **given(policies)})
    if where is None or wish.many:
        wish = replace(wish, implied={"on_busy": "queue", "on_duplicate": "join"})
    return jobs.run(wish, where)


@app.command
def generate(
    file: Annotated[str, Parameter(allow_leading_hyphen=True, help=_FILE)],
    /,
    *,
    out: Annotated[Path | None, Parameter(alias="-o")] = None,
    json: Switch = False,
    explain: Annotated[bool, Parameter(negative=())] = False,
    source: SourceField | None = None,
    idempotency_key: str | None = None,
    beside: BesideOptions = BesideOptions(),  # noqa: B008 - frozen
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
    from pressrun.cli.output import complain
    from pressrun.cli.request import read_request

    url, secret = address(server)
    asked = read_request(file, source, beside)
    for note in asked.notes:
        complain(note)
    request = {**asked.defaults, **given(render), **given(policies), **asked.source}
    if explain:
        from pressrun.cli.explain import explain as explain_it

        return explain_it(url, secret, request, keyed=idempotency_key is not None, json=json)
    return command.generate(url, secret, request, key=idempotency_key, out=out, json=json)


@app.command
def serve(*, host: str | None = None, port: int | None = None, data_dir: Path | None = None) -> int:
    """Start the server and its UI; Ctrl-C stops it.

      pressrun serve
      pressrun serve --port 9000 --data-dir /srv/pressrun

    Everything else is set by environment variables or a .env file here; see the table in README.

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
def verify(
    wanted: str | None = None,
    /,
    *,
    data_dir: Path | None = None,
    json: Switch = False,
    server: ServerOptions = ServerOptions(),  # noqa: B008 - frozen
) -> int:
    """Check batch folders against their manifests: every file's size and digest, and that nothing is missing or extra.

    A server that is named, or answers at the default address, is asked for every file of its runs. With --data-dir, and
    where no server answers, the folder is read, which also shows what is there and should not be. Nothing is changed.

      pressrun verify
      pressrun verify --data-dir /srv/pressrun
      pressrun verify 0199e0a2-93e1-7f3c-a1de-6d5c4b3a2f10

    Exit codes: 0 all are whole, 1 something is damaged.

    Parameters
    ----------
    wanted
        A run, a folder's name, or a path to a batch folder; all unless given. A server is asked for runs only.
    data_dir
        Read this folder, whether a server runs or not; without a server PRESSRUN_DATA_DIR or ./data.
    json
        One JSON object per folder and line.
    """
    from pressrun.cli import jobs
    from pressrun.cli import verify as command

    url, secret = address(server)
    where = None if data_dir is not None else jobs.find_server(url, secret, named=is_named(server))
    if where is not None:
        return command.ask_server(*where, wanted, json=json)
    return command.verify(wanted, data_dir, None if data_dir is not None else url, json=json)


@app.command
def retention(*, dry_run: Switch = False, json: Switch = False, server: ServerOptions = ServerOptions()) -> None:  # noqa: B008 - frozen
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
def doctor(
    *,
    json: Switch = False,
    browser: Switch = False,
    server: ServerOptions = ServerOptions(),  # noqa: B008 - frozen
) -> int:
    """Check everything a run needs on this machine, and say how to mend what is missing.

    A server that runs is asked how it is. Nothing is made or changed.

    Exit codes: 0 all is well, 1 something is missing.

    Parameters
    ----------
    browser
        Only Chromium, and how many pictures a second it captures here.
    json
        One JSON object per line.
    """
    from pressrun.cli import server as command

    return command.doctor(*address(server), named=is_named(server), json=json, browser=browser)


@app.command
def mcp(
    *,
    http: Switch = False,
    port: int = 8765,
    server: ServerOptions = ServerOptions(),  # noqa: B008 - frozen
) -> int:
    """Serve the Model Context Protocol, so that an assistant can make slides; needs `pip install pressrun[mcp]`.

    Tools make_slides, follow, get, list_runs, cancel, explain; what runs have made are resources. Speaks over standard
    input and output, as assistants start it. Where no server is named and none answers, one runs for this command
    alone.

      pressrun mcp
      pressrun mcp --http --port 8765

    Parameters
    ----------
    http
        Speak HTTP (at /mcp) on 127.0.0.1, for programs of this machine.
    port
        For --http.
    """
    from pressrun.cli import jobs

    try:
        from pressrun.cli import mcp_server
    except ModuleNotFoundError as exc:
        if exc.name is None or exc.name.partition(".")[0] not in {"mcp", "mcp_types"}:
            raise
        from pressrun.cli.exits import UsageError

        raise UsageError("pressrun mcp needs the package mcp: pip install 'pressrun[mcp]'") from exc

    where = jobs.find_server(*address(server), named=is_named(server))
    return mcp_server.serve(where, "http" if http else "stdio", port)


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
    from pressrun.cli.completion import completion_script

    sys.stdout.write(completion_script(app, shell))


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
