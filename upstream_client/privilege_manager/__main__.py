"""`python -m upstream_client.privilege_manager`: `discover` proposes a contract, `doctor` says what is wrong."""

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

from upstream_client.command_settings import SettingsError
from upstream_client.privilege_manager.contract import ContractError
from upstream_client.privilege_manager.discover import Wanted, discover
from upstream_client.privilege_manager.doctor import doctor
from upstream_client.privilege_manager.settings import load_settings
from upstream_client.session import CaBundleError

BAD_SETTINGS = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 all is well, 1 something is wrong or was not found, 2 settings or arguments are."""
    asked = _parser().parse_args(arguments)
    try:
        settings = load_settings()
        if asked.command == "doctor":
            return doctor(settings, _say)
        wanted = Wanted(asked.write, asked.force, asked.swagger_url, asked.swagger_file, asked.report)
        return discover(settings, wanted, _say)
    except (SettingsError, ContractError, CaBundleError) as error:
        print(error, file=sys.stderr)
        return BAD_SETTINGS


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m upstream_client.privilege_manager",
        description="Reads PRIVMAN_* from the environment and from .env. Neither command approves or denies.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("discover", help="read the instance's reference and propose a contract")
    one.add_argument("--write", type=Path, metavar="FILE", help="save the contract there")
    one.add_argument("--force", action="store_true", help="overwrite FILE")
    where = one.add_mutually_exclusive_group()
    where.add_argument(
        "--swagger-url", default="", metavar="URL", help="where the reference is, if elsewhere"
    )
    where.add_argument("--swagger-file", type=Path, metavar="FILE", help="the reference, saved in a browser")
    one.add_argument(
        "--report", default="", metavar="ID", help="list by this report, its id from the console"
    )
    commands.add_parser("doctor", help="check address, log-on, role, list, contract, clock; say what to fix")
    return parser


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    sys.exit(main())
