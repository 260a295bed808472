"""What an audience may be called, the warehouse can read as a column, a table and an alias."""

import duckdb

from audiences.language.names import why_not_an_audience_name

READ = [
    "select count(*) filter (where {0}), count(case when {0} then 1 end) from (select true as {0})",
    "with {0} as (select true as {0}) select {0}.{0}, not {0} from {0} where {0} order by {0}",
    "create view lists.{0} as select 1 as one",
    "select {0}.one from lists.{0}",
]


def test_no_word_of_the_warehouse_is_a_name() -> None:
    with duckdb.connect(":memory:") as warehouse:
        words = warehouse.execute("select distinct keyword_name from duckdb_keywords()").fetchall()
        warehouse.execute("create schema lists")
        names = [word for (word,) in words if why_not_an_audience_name(word) is None]
        assert len(names) > 300
        for name in names:
            for query in READ:
                warehouse.execute(query.format(name))
