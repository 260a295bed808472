"""What things may be called: an audience becomes a table and a column on every engine."""

import re

NAME_FORM = "use lower case letters, digits and single underscores, beginning with a letter"
MAX_LENGTH = 50

RESERVED_PREFIX = "audience_"
TAKEN = frozenset({"current_blocks", "customer_id"})

# Words that DuckDB, Spark or Postgres keep for themselves.
_SQL_WORDS = """
    all analyse analyze and anti any array as asc asof asymmetric at authorization between binary
    both by case cast check collate collation column concurrently constraint create cross
    current_catalog current_date current_role current_schema current_time current_timestamp
    current_user default deferrable desc describe distinct do else end escape except exists
    false fetch filter for foreign freeze from full function generated glob grant group having
    ilike in initially inner intersect into is isnull join lambda lateral leading left like
    limit localtime localtimestamp map minus natural not notnull null offset on only or order
    outer overlaps pivot pivot_longer pivot_wider placing positional primary qualify
    recursive references returning right select semi session_user show similar some struct summarize
    symmetric system_user table tablesample then to trailing true try_cast union unique
    unknown unpack unpivot user using variadic verbose when where window with
"""
SQL_WORDS = frozenset(_SQL_WORDS.split())


def is_name(text: str) -> bool:
    """Whether the text has the form of a name."""
    form = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"
    return len(text) <= MAX_LENGTH and re.fullmatch(form, text) is not None


def why_not_an_audience_name(text: str) -> str | None:
    """Why an audience may not be called that, or None when it may."""
    if not is_name(text):
        return f"is not a name of at most {MAX_LENGTH} characters"
    if text.startswith(RESERVED_PREFIX):
        return f"begins with the reserved `{RESERVED_PREFIX}`"
    if text in SQL_WORDS or text in TAKEN:
        return "is a word the warehouse keeps for itself"
    return None
