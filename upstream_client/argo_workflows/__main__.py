"""`python -m upstream_client.argo_workflows`: `doctor` says what is wrong between the bot and Argo Workflows."""

import sys
from collections.abc import Sequence

from upstream_client import doctor_command
from upstream_client.argo_workflows.doctor import doctor
from upstream_client.argo_workflows.settings import load_settings

LINE = doctor_command.parser(
    "upstream_client.argo_workflows",
    "Reads ARGO_* from the environment and from .env. It neither approves nor denies.",
    "check address, TLS, token, each namespace, what waits, clock; say what to fix",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code, see `doctor_command.run`."""
    return doctor_command.run(LINE, lambda say: doctor(load_settings(), say), arguments)


if __name__ == "__main__":
    doctor_command.hush()
    sys.exit(main())
