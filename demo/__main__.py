"""The command line: `python -m demo [BUNDLE ...]` serves bundles, a tab for each.

`python -m demo space FOLDER [BUNDLE ...]` writes a folder to upload as a hosted Gradio space, or,
with `--static`, as one that needs no server. `python -m demo studio [FOLDER]` serves the studio,
where photos become a sketchpad.
"""

import argparse
import shlex
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from demo.errors import UserError, cannot_listen, cli
from demo.typed import python


@cli
def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT (Ctrl+C) or SIGTERM.

    Exits with code 2 and one line where something has to be changed.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["space"]:
        _space(arguments[1:])
    elif arguments[:1] == ["studio"]:
        _studio(arguments[1:])
    else:
        _serve(arguments)


def _space(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m demo space",
        description="Write a folder to upload as a hosted space, Gradio's or a static one.",
    )
    parser.add_argument(
        "--static", action="store_true", help="write a page that needs no server: browsers draw"
    )
    parser.add_argument("folder", type=Path, help="folder to write")
    parser.add_argument("bundle", nargs="*", help="as for `python -m demo`")
    options = parser.parse_args(arguments)
    from demo import browser
    from demo.bundles import shipped
    from demo.remote import local
    from demo.space import write_space

    bundles = [local(bundle) for bundle in options.bundle] or shipped()
    write_space(options.folder, bundles, options.static)
    if options.static:
        print(f"{options.folder} is ready: upload it as it is")
        return
    if not browser.engines():
        print(
            "warning: nothing to run the model in a visitor's browser was found, so the server "
            "generates for all; `npm ci && npm run build` in demo/web makes it",
            file=sys.stderr,
        )
    command = shlex.join([python(options.folder.absolute()), "app.py"])
    print(f"{options.folder} is ready: upload it as it is, or try it with `{command}` in it")


def _studio(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m demo studio",
        description="Serve the studio, a page on which photos become a sketchpad that draws them.",
        epilog="What follows -- goes to every `python -m training fit pix2pix` as it is.",
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path("~/garabato-studio"),
        help="where the projects are (%(default)s)",
    )
    _add_address(
        parser, 7861, "; with one that other machines reach, only the link that is printed opens it"
    )
    parser.add_argument(
        "--token",
        action="store_true",
        help="let only the link that is printed open it on loopback, too, where others have "
        "accounts on this machine",
    )
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    split = list(arguments).index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:split])
    _check_port(options.port)
    from demo.studio.server import serve

    try:
        folder = options.folder.expanduser().absolute()
    except RuntimeError:
        raise UserError(f"there is no home for {options.folder}: give the folder's path") from None
    extra = arguments[split + 1 :]
    serve(folder, options.host, options.port, extra, token=options.token, show=options.open)


def _serve(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument(
        "bundle",
        nargs="*",
        help="folders with a card.json, https addresses of such, or hub:OWNER/NAME "
        "(default: those that ship)",
    )
    _add_address(parser, 7860)
    parser.add_argument(
        "--workers", type=int, help="pictures made at the same time (default: one a core)"
    )
    options = parser.parse_args(arguments)
    _check_port(options.port)
    if options.workers is not None and not 0 < options.workers < 65:
        raise UserError(f"expected --workers from 1 to 64, got {options.workers}")

    from demo.remote import local

    # Gradio takes seconds to import: help and mistakes do not wait for it. Nor do downloads, as
    # importing it takes the proxies away that they may need.
    bundles = [local(bundle) for bundle in options.bundle]
    from demo.app import build
    from demo.bundles import shipped

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    page = build(bundles or shipped(), options.workers)
    try:
        page.launch(server_name=options.host, server_port=options.port, prevent_thread_lock=True)
    except OSError:
        raise cannot_listen(options.host, options.port) from None
    print(f"Garabato is at {page.local_url} (Ctrl+C ends it)", flush=True)
    stopped.wait()
    page.close(verbose=False)  # Answers what is under way; see `App.launch`.


def _add_address(parser: argparse.ArgumentParser, port: int, more: str = "") -> None:
    host = f"address to listen on (%(default)s){more}"
    parser.add_argument("--host", default="127.0.0.1", help=host)
    parser.add_argument("--port", type=int, default=port, help="port to listen on (%(default)s)")


def _check_port(port: int) -> None:
    if not 0 < port < 65536:
        raise UserError(f"expected --port from 1 to 65535, got {port}")


if __name__ == "__main__":
    main()
