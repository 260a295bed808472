"""SQL in conditions: what is refused and why, and that what is taken is written out with its meaning."""

from pathlib import Path

import duckdb
import pytest

from audiences.compiler import compile_definitions
from audiences.language.expressions import check_expression, write_expression
from audiences.language.sql_block import Sql
from audiences.loader import load_definitions
from tests.audiences.conftest import SMALLEST, TRAITS

REFUSED = [
    # code, what the message says, what the fix says, expression
    ("AUD201", "`contry` is not a column", "did you mean `country`?", "contry = 'DE'"),
    ("AUD201", "where a number is needed", "of that kind", "order_count > 'many'"),
    ("AUD201", "where a text is needed", "of that kind", "lower(order_count) = 'a'"),
    ("AUD201", "where a day is needed", "of that kind", "birth_date > order_count"),
    ("AUD201", "where a boolean is needed", "of that kind", "order_count and is_member"),
    ("AUD201", "where a text is needed", "of that kind", "coalesce(country, 0) = 0"),
    ("AUD201", "no order every engine agrees on", "use =", "country > 'A'"),
    ("AUD201", "`1e9` is not a number", "write values such as 12", "order_count > 1e9"),
    ("AUD201", "`2000-02-31` is not a day", "write values", "birth_date > date '2000-02-31'"),
    ("AUD202", "is not one SQL expression", "write one expression", ""),
    ("AUD202", "is not one SQL expression", "write one expression", "order_count >"),
    ("AUD202", "is not one SQL expression", "write one expression", "country = 'DE"),
    ("AUD202", "is not one SQL expression", "write one expression", "is_member 1"),
    ("AUD202", "is not one SQL expression", "write one expression", "->"),
    ("AUD202", "`CEIL()` is given nothing", "write a column", "order_count > ceil()"),
    ("AUD202", "holds a semicolon", "write one", "is_member; drop table customer_traits"),
    ("AUD202", "holds a comment", "`reason`", "is_member -- or not"),
    ("AUD202", "holds a comment", "`reason`", "/* why */ is_member"),
    ("AUD202", "longer than 500", "make it a trait", "is_member or " * 50 + "is_member"),
    ("AUD202", "is a number, not a condition", "compare it", "order_count + 1"),
    ("AUD202", "not part of the language", "functions are abs", "order_count > (select 1)"),
    ("AUD202", "not part of the language", "functions", "order_count in (select m_score)"),
    ("AUD202", "not part of the language", "functions", "exists (select country)"),
    ("AUD202", "not part of the language", "functions", "created_at < now()"),
    ("AUD202", "not part of the language", "functions", "birth_date < current_date"),
    ("AUD202", "not part of the language", "functions", "random() < order_count"),
    ("AUD202", "not part of the language", "functions", "max(order_count) > 1"),
    ("AUD202", "not part of the language", "functions", "sum(order_count) over () > 1"),
    ("AUD202", "not part of the language", "functions", "contact_history.kind = country"),
    ("AUD202", "not part of the language", "functions", "read_text(country) = ''"),
    (
        "AUD202",
        "not part of the language",
        "functions",
        "delete from customer_traits where m_score",
    ),
    ("AUD202", "not part of the language", "functions", "drop view country"),
    ("AUD202", "not part of the language", "functions", "select country"),
    ("AUD202", "not part of the language", "functions", "trim(both 'x' from country) = ''"),
    ("AUD202", "not part of the language", "functions", "country = null"),
    ("AUD202", "not part of the language", "functions", "is_member as everybody"),
    ("AUD202", "casts something other", "date '2026-01-31'", "cast(country as bigint) > 1"),
    ("AUD202", "casts something other", "date", "cast('{}' as json) = country"),
    ("AUD202", "only for null", "is null", "is_member is true"),
    ("AUD204", "`gender` is a sensitive column", "another column", "coalesce(gender, '') = 'f'"),
    ("AUD206", "the same for everybody", "name one", "1 = 1"),
]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused[3][:40])
def test_what_is_refused(refused: tuple[str, str, str, str]) -> None:
    code, says, fix, text = refused
    condition = Sql(sql=text, reason="because")
    [(found, path, rule, mend)] = check_expression(condition, ("match",), TRAITS)
    assert (found, path) == (code, ("match", "sql"))
    assert says in rule
    assert fix in mend


def test_a_division_by_zero_is_missing() -> None:
    sql = write_expression("1 / order_count > 0", TRAITS, negated=False)
    zero = sql.replace("{{ t_double() }}", "double").replace("order_count", "0")
    assert duckdb.sql(f"select {zero}").fetchall() == [(None,)]


@pytest.mark.parametrize("text", ["(" * 250 + ")" * 250, "not " * 120 + "is_member", "-" * 499])
def test_depth_is_no_crash(text: str) -> None:
    list(check_expression(Sql(sql=text, reason="deep"), (), TRAITS))


WRITTEN = [
    ("coalesce(order_count, 0) < 0.5", "coalesce(order_count, 0) < 0.5"),
    ("IFNULL(M_SCORE, 0) = 1".lower(), "coalesce(m_score, 0) = 1"),
    ("m_score is not null", "m_score is not null"),
    ("m_score not between 1 and 3", "m_score not between 1 and 3"),
    ("country != 'DE'", "country <> 'DE'"),
    ("country = 'it''s; -- {{ no }}'", None),
    ("not (is_member or country is null)", "not (\n    is_member\n    or country is null\n)"),
    (
        "is_member or is_member and not is_member",
        "(\n    is_member\n    or is_member\n    and not is_member\n)",
    ),
    ("(order_count + 1) * 2 > -m_score", None),
    ("order_count - (m_score - 1) > 0", None),
    ("order_count / nullif(m_score, 0) >= 2", None),
    ("country not in ('DE', 'AT')", "country not in ('DE', 'AT')"),
    ("birth_date between date '1990-01-01' and date '2000-12-31'", None),
    ("created_at >= timestamp '2026-01-01 12:00:00'", None),
    ("case when is_member then order_count else m_score end > 3", None),
    ("if(is_member, 'a', 'b') = 'a'", "case when is_member then 'a' else 'b' end = 'a'"),
    ("greatest(order_count, m_score, 3) > 3", None),
    ("length(trim(upper(country))) = 2 and abs(m_score) = ceil(m_score)", None),
]
PEOPLE = [
    ("DE", 5, 2, "1995-05-05", "2026-02-01", True),
    ("it's; -- {{ no }}", 0, 0, "1980-01-01", "2025-02-01", False),
    ("AT", 1, None, None, "2026-01-01 12:00:00", None),
    (None, None, -3, "2000-12-31", None, True),
]


@pytest.mark.parametrize(("text", "written"), WRITTEN)
def test_what_is_taken_keeps_its_meaning(text: str, written: str | None) -> None:
    """As DuckDB itself reads the text, for people with and without values; null is no match, also under not."""
    assert list(check_expression(Sql(sql=text, reason="tried"), (), TRAITS)) == []
    ours = write_expression(text, TRAITS, negated=False)
    assert "{{ no" not in ours
    assert written in (None, ours)
    opposite = write_expression(text, TRAITS, negated=True)
    with duckdb.connect(":memory:") as connection:
        connection.execute(
            "create table people (country varchar, order_count bigint, m_score bigint,"
            " birth_date date, created_at timestamp, is_member boolean)"
        )
        connection.executemany("insert into people values (?, ?, ?, ?, ?, ?)", PEOPLE)
        sql = f"select {text}, {ours}, {opposite} from people".replace("{{ t_double() }}", "double")
        for meant, found, negated in connection.execute(sql).fetchall():
            assert found is meant
            assert negated is (None if meant is None else not meant)


def test_two_groups_are_not_taken_for_one(tmp_path: Path) -> None:
    sql = '{ sql: "(is_member or m_score > 1) = (is_member or m_score > 2)", reason: "tried" }'
    text = SMALLEST.replace("{ column: order_count, gte: 1 }", sql)
    (tmp_path / "everybody.yml").write_text(text)
    files = compile_definitions(load_definitions(tmp_path), TRAITS)
    assert (
        "            when\n                (\n                    is_member"
        in files["audience_matches.sql"]
    )


def test_it_is_compiled_with_its_reason(tmp_path: Path) -> None:
    sql = '{ sql: "m_score / order_count > 1", reason: "serial refunders", if_null: match }'
    text = SMALLEST.replace("{ column: order_count, gte: 1 }", f"{{ not: {sql} }}")
    (tmp_path / "everybody.yml").write_text(text)
    files = compile_definitions(load_definitions(tmp_path), TRAITS)
    assert (
        "coalesce(not (cast(m_score as {{ t_double() }}) / nullif(order_count, 0) > 1), true)"
        in files["audience_matches.sql"]
    )
    assert "Its SQL: serial refunders." in files["audience_matches.yml"]
