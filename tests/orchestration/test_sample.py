"""The sample shop against the raw contract and against its own truth."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from audiences.errors import InputError
from orchestration.border.contract import RawTable, load_contract
from orchestration.sample.broken import text_columns
from orchestration.sample.command import write_sample
from orchestration.sample.generator import SQL, Shop

END = date(2026, 6, 30)
SHOP = Shop(customers=1000, months=18, seed=7, end=END, chunk=600)
PLANNED = {("campaigns", "ends_at"), ("interests", "expires_at"), ("shipments", "promised_at")}
CONTRACT = load_contract()
KNOWN = "not in (select key from truth_broken_rows where reason <> 'duplicate_key')"


def silent(done: str, step: int, steps: int) -> None: ...


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("sample") / "raw"
    write_sample(SHOP, target, silent)
    return target


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The raw tables as views and the truth as `truth_<name>`."""
    with duckdb.connect() as connection:
        for table in CONTRACT:
            connection.execute(f"create view {table.name} as from '{files(folder, table)}'")
        for path in (folder / "_truth").glob("*.parquet"):
            connection.execute(f"create view truth_{path.stem} as from '{path}'")
        yield connection


def files(folder: Path, table: RawTable) -> str:
    parts = folder / table.name
    return f"{parts}/*.parquet" if parts.is_dir() else f"{parts}.parquet"


def one(shop: duckdb.DuckDBPyConnection, select: str) -> tuple:
    [row] = shop.execute(select).fetchall()
    return row


def all_bytes(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_same_arguments_give_the_same_bytes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda config: connect(config=config | {"threads": 5}))
    write_sample(SHOP, tmp_path / "again", silent)
    assert all_bytes(tmp_path / "again") == all_bytes(folder)


def test_the_random_source_is_the_same_in_every_version_of_duckdb() -> None:
    with duckdb.connect() as connection:
        connection.execute("set variable seed = '1'")
        connection.execute((SQL / "00_macros.sql").read_text(encoding="utf-8"))
        assert one(connection, "select u('x', 17)") == (0.5252826183844443,)


def test_another_seed_gives_another_shop(folder: Path, tmp_path: Path) -> None:
    write_sample(Shop(1000, 18, 8, END, 600), tmp_path / "other", silent)
    assert (
        all_bytes(tmp_path / "other")["customers.parquet"] != all_bytes(folder)["customers.parquet"]
    )


@pytest.mark.parametrize("table", CONTRACT, ids=lambda table: table.name)
def test_columns_and_types_are_those_of_the_contract(
    shop: duckdb.DuckDBPyConnection, table: RawTable
) -> None:
    as_text = text_columns().get(table.name, set())
    expected = [(c.name, "varchar" if c.name in as_text else c.data_type) for c in table.columns]
    found = shop.execute(f"describe {table.name}").fetchall()
    assert [(row[0], row[1].lower()) for row in found] == expected


@pytest.mark.parametrize("table", CONTRACT, ids=lambda table: table.name)
def test_good_rows_come_in_the_order_of_their_key(
    folder: Path, shop: duckdb.DuckDBPyConnection, table: RawTable
) -> None:
    key = ", ".join(table.key)
    for path in sorted(folder.glob(f"{table.name}*/*.parquet")):
        rows = shop.execute(f"select {key} from '{path}'").fetchall()
        broken = one(
            shop, f"select count(*) from truth_broken_rows where table_name = '{table.name}'"
        )
        good = rows[: len(rows) - broken[0]]
        assert good == sorted(good)


@pytest.mark.parametrize("table", CONTRACT, ids=lambda table: table.name)
def test_nothing_happens_after_the_end(shop: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    instants = [
        c.name
        for c in table.columns
        if c.data_type in {"timestamp", "date"} and (table.name, c.name) not in PLANNED
    ]
    for column in instants:
        latest = one(shop, f"select max(try_cast({column} as timestamp)) from {table.name}")[0]
        assert latest is None or latest < datetime(2026, 7, 1)


@pytest.mark.parametrize(
    ("child", "column", "parent", "key"),
    [
        ("orders", "customer_id", "customers", "customer_id"),
        ("order_items", "order_id", "orders", "order_id"),
        ("order_items", "product_id", "products", "product_id"),
        ("payment_attempts", "order_id", "orders", "order_id"),
        ("shipments", "order_id", "orders", "order_id"),
        ("events", "customer_id", "customers", "customer_id"),
        ("identities", "customer_id", "customers", "customer_id"),
        ("campaign_assignments", "campaign_id", "campaigns", "campaign_id"),
        ("message_events", "campaign_id", "campaigns", "campaign_id"),
        ("loyalty_events", "order_id", "orders", "order_id"),
        ("reviews", "product_id", "products", "product_id"),
        ("customers", "account_id", "accounts", "account_id"),
        ("referrals", "referee_customer_id", "customers", "customer_id"),
        ("consents", "customer_id", "customers", "customer_id"),
    ],
)
def test_what_is_pointed_to_exists(
    shop: duckdb.DuckDBPyConnection, child: str, column: str, parent: str, key: str
) -> None:
    orphans = one(
        shop,
        f"""select count(*), (select count({column}) from {child}) from {child}
        where {column} not in (select {key} from {parent} where {key} is not null)
            and {column} not like '%x'""",  # the key of a broken copy
    )
    assert orphans[0] == 0
    assert orphans[1] > 0


def test_buying_is_the_process_the_truth_names(shop: duckdb.DuckDBPyConnection) -> None:
    parameters = dict(shop.execute("select parameter, value from truth_parameters").fetchall())
    rate, dropout, value, n = one(
        shop,
        """select avg(purchases_a_week), avg(dropout_chance), avg(mean_order_value), count(*)
        from truth_customers""",
    )
    r, alpha, a, b = (parameters[name] for name in ("r", "alpha", "a", "b"))
    tolerance = 4 / n**0.5
    assert rate == pytest.approx(r / alpha, abs=tolerance * r**0.5 / alpha)
    assert dropout == pytest.approx(a / (a + b), abs=tolerance * 0.15)
    mean_value = parameters["p"] * parameters["v"] / (parameters["q"] - 1)
    assert value == pytest.approx(mean_value, rel=tolerance)


def test_people_stop_buying_as_often_as_their_dropout_says(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    drops, expected = one(
        shop,
        """select count(dropped_at), sum(dropout_chance * (purchases - 1))
        from truth_customers where is_buyer""",
    )
    assert drops == pytest.approx(expected, abs=4 * expected**0.5)
    assert one(
        shop, "select count(*) from truth_customers where is_alive and dropped_at is not null"
    ) == (0,)


def test_orders_follow_the_rate_while_people_are_alive(shop: duckdb.DuckDBPyConnection) -> None:
    bought, expected = one(
        shop,
        """select sum(purchases - 1), sum(purchases_a_week / 7 * (epoch(
            coalesce(dropped_at, timestamp '2026-07-01')) - epoch(first_purchased_at)) / 86400)
        from truth_customers where is_buyer""",
    )
    assert bought == pytest.approx(expected, rel=0.1)


def test_true_lift_is_recovered_and_one_campaign_has_none(shop: duckdb.DuckDBPyConnection) -> None:
    rows = shop.execute(
        """
        with outcomes as (
            select assignments.campaign_id, assignments.arm, assignments.is_control, exists (
                select 1 from orders
                where orders.customer_id = assignments.customer_id and orders.status <> 'cancelled'
                    and orders.ordered_at > assignments.assigned_at
                    and orders.ordered_at <= assignments.assigned_at
                        + to_days(campaigns.goal_window_days::integer)
            )::integer as converted
            from campaign_assignments as assignments
            inner join campaigns using (campaign_id)
            where assignments.arm is not null
        ),
        rates as (
            select campaign_id, arm, is_control, avg(converted) as rate, count(*) as n
            from outcomes group by all
        )
        select rates.rate - control.rate, truth.true_lift, truth.true_effect,
            sqrt(rates.rate * (1 - rates.rate) / rates.n + control.rate * (1 - control.rate) / control.n)
        from rates
        inner join rates as control on rates.campaign_id = control.campaign_id and control.is_control
        inner join truth_campaign_effects as truth
            on rates.campaign_id = truth.campaign_id and rates.arm = truth.arm
        where not rates.is_control
        """
    ).fetchall()
    assert len(rows) >= 4
    assert sum(effect == 0 for _, _, effect, _ in rows) == 1
    for observed, true_lift, effect, error in rows:
        assert (true_lift > 0) == (effect > 0)
        assert observed == pytest.approx(true_lift, abs=4 * error)


def test_half_a_percent_of_the_rows_is_broken_and_no_table_too_much(
    shop: duckdb.DuckDBPyConnection,
) -> None:
    broken = all_rows = 0
    for table in CONTRACT:
        [rows] = one(shop, f"select count(*) from {table.name}")
        [bad] = one(
            shop, f"select count(*) from truth_broken_rows where table_name = '{table.name}'"
        )
        assert bad <= 0.006 * rows, table.name
        broken, all_rows = broken + bad, all_rows + rows
    assert 0.003 < broken / all_rows < 0.006
    reasons = shop.execute("select distinct reason from truth_broken_rows").fetchall()
    assert {reason for (reason,) in reasons} == {
        "missing_required", "bad_type", "not_in_enum", "out_of_range", "duplicate_key"
    }  # fmt: skip


def test_broken_rows_are_where_the_truth_says(shop: duckdb.DuckDBPyConnection) -> None:
    for table in CONTRACT:
        key = " || '|' || ".join(f"{name}::varchar" for name in table.key)
        for required in (c.name for c in table.columns if c.required and not c.key):
            found, said = one(
                shop,
                f"""select
                    (select coalesce(list(k order by k), []) from
                        (select {key} as k from {table.name} where {required} is null)),
                    (select coalesce(list(key order by key), []) from truth_broken_rows
                     where table_name = '{table.name}' and column_name = '{required}'
                        and reason = 'missing_required')""",
            )
            assert found == said
        repeated = one(
            shop,
            f"select count(*) - count(distinct {key}) from {table.name} where ({key}) is not null",
        )
        assert repeated == one(
            shop,
            f"""select count(*) from truth_broken_rows
            where table_name = '{table.name}' and reason = 'duplicate_key'""",
        )


def test_points_balance_is_never_negative(shop: duckdb.DuckDBPyConnection) -> None:
    lowest, movements = one(
        shop,
        f"""select min(balance), count(*) from (
            select sum(points) over (partition by customer_id order by occurred_at, kind = 'redeem',
                loyalty_event_id) as balance
            from (select distinct * from loyalty_events) where loyalty_event_id {KNOWN})""",
    )
    assert lowest >= 0
    assert movements > 100


def test_answers_depend_on_what_happened(shop: duckdb.DuckDBPyConnection) -> None:
    late, in_time = one(
        shop,
        """select avg(score) filter (where is_late), avg(score) filter (where not is_late) from (
            select try_cast(score as integer) as score, delivered_at > promised_at as is_late
            from survey_responses
            inner join shipments on 'o' || substr(response_id, 4) = order_id
            where survey = 'nps' and try_cast(score as integer) between 0 and 10)""",
    )
    assert in_time - late > 2


def test_items_add_up_to_the_order(shop: duckdb.DuckDBPyConnection) -> None:
    wrong, orders = one(
        shop,
        f"""select count(*) filter (where total is distinct from gross_amount), count(*) from
            (select order_id, any_value(gross_amount) as gross_amount from orders
             where order_id {KNOWN} group by order_id)
            left join (select order_id, sum(quantity * unit_price_amount) as total from (
                select distinct * from order_items where order_id || '|' || line_number {KNOWN})
             group by order_id) using (order_id)""",
    )
    assert wrong == 0
    assert orders > 1000


def test_the_base_currency_is_the_most_frequent(shop: duckdb.DuckDBPyConnection) -> None:
    currency, rates = one(shop, "select mode(currency), count(distinct currency) from orders")
    assert currency == "EUR"
    assert rates > 5
    missing = one(
        shop,
        """select count(*) from orders left join exchange_rates as rates
        on orders.currency = rates.currency and orders.ordered_at::date = rates.rate_date
        where rates.rate_to_base is null""",
    )
    assert missing == (0,)


def test_nobody_is_written_to_after_leaving(shop: duckdb.DuckDBPyConnection) -> None:
    late = one(
        shop,
        """select count(*) from message_events as later
        inner join message_events as gone on later.customer_id = gone.customer_id
            and later.channel = gone.channel
        where gone.event in ('unsubscribed', 'complained', 'bounced_hard') and later.event = 'sent'
            and later.occurred_at > gone.occurred_at + interval 2 days""",
    )
    assert late == (0,)


def test_foreign_raw_tables_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("order_id\n1\n")
    with pytest.raises(InputError, match=r"orders\.csv"):
        write_sample(Shop(10, 3, 1, END), tmp_path, silent)
    assert [p.name for p in tmp_path.iterdir()] == ["orders.csv"]


def test_a_changed_table_counts_as_foreign(tmp_path: Path) -> None:
    write_sample(Shop(10, 3, 1, END), tmp_path / "raw", silent)
    (tmp_path / "raw" / "orders.parquet").write_bytes(b"mine")
    with pytest.raises(InputError, match=r"orders\.parquet"):
        write_sample(Shop(10, 3, 1, END), tmp_path / "raw", silent)


def test_an_older_sample_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    write_sample(Shop(30, 3, 1, END, chunk=10), tmp_path / "raw", silent)
    (tmp_path / "raw" / "notes.txt").write_text("keep me")
    write_sample(Shop(10, 3, 1, END), tmp_path / "raw", silent)
    names = {path.name for path in (tmp_path / "raw").iterdir()}
    assert {"orders.parquet", "notes.txt", "_truth"} <= names
    assert "orders" not in names


def test_a_run_killed_in_the_swap_is_mended_by_the_next(tmp_path: Path) -> None:
    gone = 2**22 + 1  # above the highest process id
    write_sample(Shop(10, 3, 1, END), tmp_path / "raw", silent)
    (tmp_path / "raw" / "notes.txt").write_text("keep me")
    (tmp_path / "raw").rename(tmp_path / f".raw.{gone}.old")
    (tmp_path / f".raw.{gone}.unfinished").mkdir()
    write_sample(Shop(10, 3, 2, END), tmp_path / "raw", silent)
    assert [path.name for path in tmp_path.iterdir()] == ["raw"]
    assert (tmp_path / "raw" / "notes.txt").read_text() == "keep me"


def test_a_failed_run_leaves_nothing(tmp_path: Path) -> None:
    def stop(done: str, step: int, steps: int) -> None:
        raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        write_sample(Shop(10, 3, 1, END), tmp_path / "raw", stop)
    assert list(tmp_path.iterdir()) == []
