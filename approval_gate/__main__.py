"""The gate's server: ``python -m approval_gate`` serves, ``python -m approval_gate keys …`` makes API keys."""

import logging
import os
import sys
from typing import NoReturn

LACKING = 1
"""The exit code where the server's packages are not installed."""


def _main() -> int:
    try:
        from approval_gate.server.process import main
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("approval_gate"):
            raise
        words = (
            "which the client does without and the server does not. "
            "In the project's folder: pip install '.[gate]'"
        )
        print(f"The package {error.name} is not installed, {words}", file=sys.stderr)
        return LACKING
    return main(sys.argv[1:])


def _leave(code: int) -> NoReturn:
    """Ends the process without taking it apart, which lasts longer than the whole stop; all is committed."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _leave(_main())
