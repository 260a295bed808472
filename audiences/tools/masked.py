"""Ids of people where a page or a terminal shows some of them."""


def masked(column: str) -> str:
    """SQL for the start of an id, two characters and never more than a third of it, and stars."""
    return f"left({column}, least(2, length({column}) // 3)) || '***'"
