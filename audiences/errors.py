"""Errors a person can mend. Every one says what is wrong and where, and how to fix it.

PerennialError
├── InputError            the input was wrong: usage, configuration, definition (exit code 2)
│   └── DefinitionError   an audience definition
└── WorkError             the work failed: data, destination, guard (exit code 1)
"""


class PerennialError(Exception):
    """Base of all errors shown to a person as two lines.

    Args:
        problem: What is wrong and where (file, key, row); no personal data.
        fix: How to mend it.
    """

    exit_code = 1

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.fix = fix


class InputError(PerennialError):
    """The input was wrong: usage, configuration or a definition."""

    exit_code = 2


class WorkError(PerennialError):
    """The work failed: data, a destination or a guard."""


class DefinitionError(InputError):
    """An audience definition is wrong."""
