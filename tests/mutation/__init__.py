"""The mutation test: small faults are put into what decides, records and proves, and the tests have to notice.

`workshop` makes a copy of the project for each package and lets mutmut work there; `mutants` reads what became of
each fault; `explained` holds those that no test noticed against explained.toml. ``python -m tests.mutation``
does all of it.
"""
