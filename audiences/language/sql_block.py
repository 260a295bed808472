"""The escape hatch of the language: a condition written as SQL, which expressions.py reads."""

from typing import Literal

from audiences.language.blocks import Block, Line


class Sql(Block):
    """One expression over the columns of customer_traits that is true or false, and why it is needed."""

    sql: str
    reason: Line
    if_null: Literal["match", "no_match"] | None = None
