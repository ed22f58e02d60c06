"""`python -m slack_bot.policy`: explains whether somebody's approval would count. Nobody imports this."""

import signal
import sys

from slack_bot.explainer.command import main

if __name__ == "__main__":
    # Whoever reads only the beginning, as head does, ends it without an error.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
