"""From definitions to the text of the dbt models that are committed; compiled.py writes them.

Generated are the models whose text depends on definitions: one boolean model that scans the traits
once, one unpivot of it, the settings as data, and one thin model an audience. What happens to the
candidates is ordinary SQL beside them, written by hand.
"""

from collections.abc import Iterable, Sequence
from textwrap import dedent

from audiences.columns import Traits
from audiences.conditions import Condition
from audiences.model_text import SQL_HEADER, key_column, model_yml
from audiences.rules import leaves, to_sql
from audiences.settings_tables import settings_files
from audiences.spec import Definition
from audiences.sql_block import Sql


def compile_definitions(definitions: Iterable[Definition], traits: Traits) -> dict[str, str]:
    """The generated models of definitions, as file name -> text."""
    compiled = [one for one in definitions if one.is_compiled]
    evaluated = [one for one in compiled if one.is_evaluated]
    files = {
        "audience_matches.sql": _matches_sql(evaluated, traits),
        "audience_matches.yml": _matches_yml(evaluated),
        "audience_candidates.sql": _candidates_sql(evaluated),
        "audience_candidates.yml": _candidates_yml(),
        **settings_files(compiled),
    }
    for one in compiled:
        files[f"audience__{one.audience}.sql"] = _audience_sql(one)
        files[f"audience__{one.audience}.yml"] = _audience_yml(one)
    return files


def _matches_sql(definitions: Sequence[Definition], traits: Traits) -> str:
    columns = ["customer_id"]
    for one in definitions:
        columns.append(_boolean(to_sql(one.match, traits), one.audience))
        if one.exclude is not None:
            columns.append(_boolean(to_sql(one.exclude, traits), f"{one.audience}__excluded"))
    selected = ",\n".join(columns).replace("\n", "\n        ")
    return f"""{SQL_HEADER}
with

customer_traits as (

    select * from {{{{ ref('customer_traits') }}}}

),

matched as (

    select
        {selected}
    from customer_traits

)

select * from matched
"""


def _boolean(condition: str, name: str) -> str:
    """A condition as a column that is never null."""
    if condition.startswith("("):
        condition = dedent(condition.removeprefix("(\n").removesuffix("\n)"))
    inner = condition.replace("\n", "\n    ")
    return f"coalesce(\n    {inner},\n    false\n) as {name}"


def _candidates_sql(definitions: Sequence[Definition]) -> str:
    """One branch an audience, each on the table itself: a shared CTE would be copied in full."""
    branches = "\n\nunion all\n\n".join(_candidates_of(one) for one in definitions) or (
        "select\n"
        "    cast(null as {{ t_text() }}) as audience,\n"
        "    customer_id,\n"
        "    false as is_excluded\n"
        "from {{ ref('audience_matches') }}\n"
        "where 1 = 0"
    )
    return f"{SQL_HEADER}\n{branches}\n"


def _candidates_of(one: Definition) -> str:
    excluded = f"{one.audience}__excluded" if one.exclude is not None else "false"
    return (
        "select\n"
        f"    '{one.audience}' as audience,\n"
        "    customer_id,\n"
        f"    {excluded} as is_excluded\n"
        "from {{ ref('audience_matches') }}\n"
        f"where {one.audience}"
    )


def _audience_sql(one: Definition) -> str:
    return f"""{SQL_HEADER}
with

audience_members as (

    select * from {{{{ ref('audience_members') }}}}
    where audience = '{one.audience}'

),

customer_traits as (

    select * from {{{{ ref('customer_traits') }}}}

),

members as (

    select
        customer_traits.*,
        audience_members.entry_seq,
        audience_members.entered_at,
        audience_members.arm,
        audience_members.contact_channel
    from audience_members
    inner join customer_traits
        on audience_members.customer_id = customer_traits.customer_id

)

select * from members
"""


def _matches_yml(definitions: Sequence[Definition]) -> str:
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


def _candidates_yml() -> str:
    return model_yml(
        "audience_candidates",
        "One row an audience and customer that matches it.",
        [
            {"name": "audience", "description": "The audience."},
            {"name": "customer_id", "description": "The customer."},
            {"name": "is_excluded", "description": "Whether the audience excludes the customer."},
        ],
    )


def _audience_yml(one: Definition) -> str:
    labels = "; ".join(f"{language}: {text}" for language, text in one.label.items())
    meta = {"label": one.label, "owner": one.owner, "purpose": one.purpose}
    return model_yml(
        f"audience__{one.audience}",
        f"One row a customer who is in the audience now and is delivered. {labels}. "
        "Columns are those of customer_traits and the ones below.",
        [
            key_column("customer_id", "The customer."),
            {"name": "entry_seq", "description": "1 for the first entry, 2 for the second."},
            {"name": "entered_at", "description": "Day of the entry, at midnight UTC."},
            {"name": "arm", "description": "Arm of the experiment; empty without one."},
            {
                "name": "contact_channel",
                "description": "First channel that is allowed and reachable.",
            },
        ],
        config={"alias": one.audience, "tags": ["after_gate"], "meta": meta},
    )
