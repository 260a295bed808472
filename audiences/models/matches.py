"""The boolean model: one scan of the traits evaluates every audience.

Counts of events and memberships of the day before are joined to the traits once, as columns beside them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from textwrap import dedent

from audiences.language.columns import Traits
from audiences.language.conditions import Condition, HoldsOffer, Leaf
from audiences.language.events import Event
from audiences.language.references import asked_audiences
from audiences.language.rules import HOLDS_OFFER, leaves, to_sql, was_in
from audiences.language.sql_block import Sql
from audiences.models.event_counts import MODEL as EVENT_COUNTS
from audiences.models.event_counts import event_counts_files
from audiences.models.model_text import SQL_HEADER, key_column, model_yml
from audiences.spec import Definition

MEMBERSHIPS = "earlier_members"


@dataclass(frozen=True)
class Joined:
    """What is joined to the traits: its CTEs, and its columns with the value of who has no row in it."""

    name: str
    ctes: tuple[str, ...]
    columns: tuple[str, ...]
    without: str


def matches_files(definitions: Sequence[Definition], traits: Traits) -> dict[str, str]:
    """The boolean model and the count of events it reads, as file name -> text."""
    events = _events_in(_asked(definitions))
    return {
        **event_counts_files([events[name] for name in sorted(events)]),
        "audience_matches.sql": _sql(definitions, traits),
        "audience_matches.yml": _yml(definitions),
    }


def asked_ctes(definitions: Sequence[Definition]) -> tuple[list[str], str]:
    """The CTEs of what the conditions of definitions are asked of, and the name of the last one."""
    asked = _asked(definitions)
    audiences = {name for one in definitions for name in asked_audiences(one).values()}
    joined = [
        *_earlier_members(sorted(audiences)),
        *_live_offers(any(isinstance(leaf, HoldsOffer) for leaf in asked)),
        *_event_counts(sorted(_events_in(asked))),
    ]
    imported = """customer_traits as (

    select * from {{ ref('customer_traits') }}

)"""
    if not joined:
        return [imported], "customer_traits"
    return [
        imported,
        *(cte for each in joined for cte in each.ctes),
        _customers(joined),
    ], "customers"


def _asked(definitions: Sequence[Definition]) -> list[Leaf]:
    """All conditions below all, any and not."""
    conditions = chain.from_iterable(
        [one.match] if one.exclude is None else [one.match, one.exclude] for one in definitions
    )
    return [leaf for condition in conditions for leaf, _ in leaves(condition)]


def _events_in(asked: Iterable[Leaf]) -> dict[str, Event]:
    """The events asked for, each by its column."""
    return {leaf.column: leaf for leaf in asked if isinstance(leaf, Event)}


def _earlier_members(audiences: Sequence[str]) -> Iterable[Joined]:
    if not audiences:
        return
    flags = ",\n        ".join(
        f"max(case when audience = '{name}' then 1 else 0 end) = 1 as {was_in(name)}"
        for name in audiences
    )
    memberships = """memberships as (

    select * from {{ ref('stg_state__memberships') }}
    where exited_at is null

)"""
    summed = f"""{MEMBERSHIPS} as (

    select
        customer_id,
        {flags}
    from memberships
    group by customer_id

)"""
    columns = tuple(was_in(name) for name in audiences)
    yield Joined(MEMBERSHIPS, (memberships, summed), columns, "false")


def _live_offers(is_asked: bool) -> Iterable[Joined]:
    if is_asked:
        offers = f"""live_offers as (

    select distinct
        customer_id,
        true as {HOLDS_OFFER}
    from {{{{ ref('stg_state__memberships') }}}}
    where offer_until > {{{{ as_of_date() }}}}

)"""
        yield Joined("live_offers", (offers,), (HOLDS_OFFER,), "false")


def _event_counts(columns: Sequence[str]) -> Iterable[Joined]:
    if columns:
        counts = f"""{EVENT_COUNTS} as (

    select * from {{{{ ref('{EVENT_COUNTS}') }}}}

)"""
        yield Joined(EVENT_COUNTS, (counts,), tuple(columns), "0")


def _customers(joined: Sequence[Joined]) -> str:
    """The traits with what is joined to them; nobody is without an answer."""
    columns = "".join(
        f",\n        coalesce({each.name}.{column}, {each.without}) as {column}"
        for each in joined
        for column in each.columns
    )
    joins = "".join(
        f"\n    left join {each.name}\n"
        f"        on customer_traits.customer_id = {each.name}.customer_id"
        for each in joined
    )
    return f"""customers as (

    select
        customer_traits.*{columns}
    from customer_traits{joins}

)"""


def _sql(definitions: Sequence[Definition], traits: Traits) -> str:
    columns = ["customer_id"]
    for one in definitions:
        columns.append(_boolean(to_sql(one.match, traits), one.audience))
        if one.exclude is not None:
            columns.append(_boolean(to_sql(one.exclude, traits), f"{one.audience}__excluded"))
    selected = ",\n".join(columns).replace("\n", "\n        ")
    ctes, asked = asked_ctes(definitions)
    matched = f"""matched as (

    select
        {selected}
    from {asked}

)"""
    listed = ",\n\n".join([*ctes, matched])
    return f"{SQL_HEADER}\n-- noqa: disable=ST02\nwith\n\n{listed}\n\nselect * from matched\n"


def _boolean(condition: str, name: str) -> str:
    """A condition as a column that is never null; a `case` stops at the first part that fails, which is faster."""
    group = condition.removeprefix("(\n").removesuffix("\n)")
    if group != condition and all(line.startswith("    ") for line in group.split("\n")):
        condition = dedent(group)
    if "\n" not in condition:
        return f"case\n    when {condition} then true\n    else false\nend as {name}"
    inner = condition.replace("\n", "\n        ")
    return f"case\n    when\n        {inner}\n        then true\n    else false\nend as {name}"


def _yml(definitions: Sequence[Definition]) -> str:
    columns = [key_column("customer_id", "The customer.")]
    for one in definitions:
        columns.append(_verdict_column(one.audience, "match", one.match))
        if one.exclude is not None:
            columns.append(_verdict_column(f"{one.audience}__excluded", "exclude", one.exclude))
    description = "One row a customer, one boolean column an audience: one scan of the traits."
    return model_yml("audience_matches", description, columns)


def _verdict_column(name: str, key: str, condition: Condition) -> dict[str, str]:
    reasons = [leaf.reason for leaf, _ in leaves(condition) if isinstance(leaf, Sql)]
    why = f" Its SQL: {'; '.join(reasons)}." if reasons else ""
    return {"name": name, "description": f"Whether its `{key}` holds; never null.{why}"}
