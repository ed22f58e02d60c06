"""The crash test: the real bot, killed with SIGKILL at the boundaries between its steps, and started again.

`plan` makes of a seed who asks, who presses what, what goes wrong upstream, and where the bot dies; `story`
plays it against a sandbox; `proof` looks at what is left. ``python -m tests.crash`` does many.
"""
