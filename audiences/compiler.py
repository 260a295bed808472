"""From definitions to the text of the dbt models that are committed; compiled.py writes them.

Generated are the models whose text depends on definitions: one count of events, one boolean model that
scans the traits once, one unpivot of it, the settings as data, and one thin model an audience. What happens to the
candidates is ordinary SQL beside them, written by hand.
"""

from collections.abc import Iterable, Sequence

from audiences.language.columns import Traits, literal
from audiences.language.global_holdout import GlobalHoldout
from audiences.language.payload import ADDED, FACTS, PayloadColumn
from audiences.models.matches import matches_files
from audiences.models.model_text import SQL_HEADER, key_column, model_yml
from audiences.models.payload_tables import payload_files
from audiences.models.settings_tables import settings_files
from audiences.spec import Definition

LONGEST = 100  # characters of a piece of SQL on one line


def compile_definitions(
    definitions: Iterable[Definition], traits: Traits, holdout: GlobalHoldout | None = None
) -> dict[str, str]:
    """The generated models of definitions and the global holdout, as file name -> text."""
    compiled = [one for one in definitions if one.is_compiled]
    evaluated = [one for one in compiled if one.is_evaluated]
    files = {
        **matches_files(evaluated, traits),
        "audience_candidates.sql": _candidates_sql(evaluated),
        "audience_candidates.yml": _candidates_yml(),
        **settings_files(compiled, holdout),
        **payload_files(compiled),
    }
    for one in compiled:
        files[f"audience__{one.audience}.sql"] = _audience_sql(one, traits)
        files[f"audience__{one.audience}.yml"] = _audience_yml(one)
    return files


def _candidates_sql(definitions: Sequence[Definition]) -> str:
    """One branch an audience, each on the table itself: a shared CTE would be copied in full."""
    branches = "\n\nunion all\n\n".join(_candidates_of(one) for one in definitions) or (
        "select\n"
        "    cast(null as {{ t_text() }}) as audience,\n"
        "    customer_id,\n"
        "    false as is_excluded,\n"
        "    cast(null as bigint) as capacity_order\n"
        "from {{ ref('audience_matches') }}\n"
        "where 1 = 0"
    )
    return f"{SQL_HEADER}\n{branches}\n"


def _candidates_of(one: Definition) -> str:
    excluded = f"matches.{one.audience}__excluded" if one.exclude is not None else "false"
    order, ordered_by = "cast(null as bigint)", ""
    if capacity := one.entry.capacity:
        terms = [f"traits.{column} {way} nulls last" for column, way in capacity.terms]
        terms_on_lines = ",\n            ".join([*terms, "matches.customer_id asc"])
        order = f"row_number() over (\n        order by\n            {terms_on_lines}\n    )"
        ordered_by = (
            "inner join {{ ref('customer_traits') }} as traits"
            " on matches.customer_id = traits.customer_id\n"
        )
    return (
        "select\n"
        f"    '{one.audience}' as audience,\n"
        "    matches.customer_id,\n"
        f"    {excluded} as is_excluded,\n"
        f"    {order} as capacity_order\n"
        "from {{ ref('audience_matches') }} as matches\n"
        f"{ordered_by}"
        f"where matches.{one.audience}"
    )


def _traits_but(replaced: list[str]) -> str:
    """All traits but some, on one line where that is short enough."""
    line = f"{{{{ columns_but('customer_traits', {replaced}) }}}}"
    return line if len(line) <= LONGEST else line.replace(", '", ",\n            '")


def _audience_sql(one: Definition, traits: Traits) -> str:
    columns = _payload_columns(one)
    replaced = [name for name in columns if name in traits]
    selected = [
        _traits_but(replaced) if replaced else "customer_traits.*",
        *(f"member_facts.{name}" for name in ADDED),
        *(f"{_payload_value(column, traits)} as {name}" for name, column in columns.items()),
    ]
    listed = ",\n        ".join(selected)
    return f"""{SQL_HEADER}
with

member_facts as (

    select * from {{{{ ref('audience_member_facts') }}}}
    where audience = '{one.audience}'

),

customer_traits as (

    select * from {{{{ ref('customer_traits') }}}}

),

members as (

    select
        {listed}
    from member_facts
    inner join customer_traits
        on member_facts.customer_id = customer_traits.customer_id

)

select * from members
"""


def _payload_columns(one: Definition) -> dict[str, PayloadColumn]:
    return one.payload.columns if one.payload else {}


def _payload_column_yml(name: str, column: PayloadColumn) -> dict[str, str]:
    instead = "" if column.fallback is None else f"; {column.fallback!r} where that is missing"
    return {"name": name, "description": f"Payload: {column.from_}{instead}."}


def _payload_value(column: PayloadColumn, traits: Traits) -> str:
    """A payload column as SQL; a fallback that fits its kind."""
    origin, fallback = column.from_, column.fallback
    value = f"{'member_facts' if origin in FACTS else 'customer_traits'}.{origin}"
    kind = {**traits, **FACTS}[origin]
    return value if fallback is None else f"coalesce({value}, {literal(fallback, kind)})"


def _candidates_yml() -> str:
    return model_yml(
        "audience_candidates",
        "One row an audience and customer that matches it.",
        [
            {"name": "audience", "description": "The audience."},
            {"name": "customer_id", "description": "The customer."},
            {"name": "is_excluded", "description": "Whether the audience excludes the customer."},
            {
                "name": "capacity_order",
                "description": "1 for who takes a place first; empty without a capacity.",
            },
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
            *({"name": name, "description": said} for name, said in ADDED.items()),
            *(_payload_column_yml(*item) for item in _payload_columns(one).items()),
        ],
        config={"alias": one.audience, "tags": ["after_gate"], "meta": meta},
    )
