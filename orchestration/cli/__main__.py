"""`python -m orchestration.cli` is the `perennial` command."""

from orchestration.cli.main import main

main()
