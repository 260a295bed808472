"""The model that counts events for all audiences together: one scan, one column a distinct count."""

from collections.abc import Sequence

from audiences.language.columns import text_literal
from audiences.language.events import Event
from audiences.models.model_text import SQL_HEADER, key_column, model_yml

MODEL = "audience_event_counts"


def event_counts_files(events: Sequence[Event]) -> dict[str, str]:
    """The model over distinct counts, as file name -> text."""
    return {f"{MODEL}.sql": _sql(events), f"{MODEL}.yml": _yml(events)}


def _sql(events: Sequence[Event]) -> str:
    counts = [f"{_counted(one)} as {one.column}" for one in events]
    columns = (
        "\n        " + ",\n        ".join(["customer_id", *counts]) if counts else " customer_id"
    )
    names = ",\n        ".join(sorted({text_literal(one.event) for one in events}))
    wanted = f"event_name in (\n        {names}\n    )" if events else "1 = 0"
    if events and all(one.within for one in events):
        longest = max((one.within or "" for one in events), key=_days)
        wanted += f"\n    and {_since(longest)}"
    return f"""{SQL_HEADER}
with

customer_events as (

    select * from {{{{ ref('customer_events') }}}}
    where {wanted}

),

counted as (

    select{columns}
    from customer_events
    group by customer_id

)

select * from counted
"""


def _counted(one: Event) -> str:
    asked = [f"event_name = {text_literal(one.event)}"]
    if one.within:
        asked.append(_since(one.within))
    for column, values in one.where.columns.items() if one.where else ():
        asked.append(f"{column} in ({', '.join(map(text_literal, values))})")
    if len(asked) == 1:
        return f"count(case when {asked[0]} then 1 end)"
    conditions = "\n                    and ".join(asked)
    return f"""count(
            case
                when
                    {conditions}
                    then 1
            end
        )"""


def _days(within: str) -> int:
    return int(within.removesuffix("d"))


def _since(within: str) -> str:
    return f"cast(occurred_at as date) >= {{{{ add_days(as_of_date(), -{_days(within)}) }}}}"


def _yml(events: Sequence[Event]) -> str:
    description = (
        "One row a customer with any of the events that audiences ask for, one count a question."
    )
    columns = [{"name": one.column, "description": _meaning(one)} for one in events]
    return model_yml(MODEL, description, [key_column("customer_id", "The customer."), *columns])


def _meaning(one: Event) -> str:
    days = f" at most {one.within.removesuffix('d')} days ago" if one.within else ""
    where = [
        f"{column} {' or '.join(values)}"
        for column, values in (one.where.columns if one.where else {}).items()
    ]
    return f"Times of {one.event}{days}{''.join(f', {each}' for each in where)}."
