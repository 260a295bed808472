"""Campaign lift and attribution as the models compute them: published values, scipy, plain loops, simulation.

The models' own SQL runs over invented tables. Seeds were written down before their first run.
"""

import numpy as np
import pytest
from scipy import stats

from tests.statistics.campaigns import LIFT, built, counted, measured, of_people, summed, warehouse
from tests.statistics.test_intervals import newcombe


def test_two_proportions_equal_the_published_test() -> None:
    """5 of 83 against 12 of 99: z = -1.40783, p = .159181."""
    connection = summed(counted(("c", "a", 5, 83), ("c", "control", 12, 99)))
    built(connection, LIFT)
    [(lift, low, high, p, verdict)] = connection.execute(
        "select absolute_lift, lift_low, lift_high, p_value, verdict from rpt_campaign_lift"
    ).fetchall()
    assert p == pytest.approx(0.159181, abs=5e-7)
    assert p == pytest.approx(2 * stats.norm.sf(1.40783), abs=1e-6)
    assert lift == 5 / 83 - 12 / 99
    assert (low, high) == pytest.approx(newcombe((5, 83), (12, 99)), abs=1e-12)
    assert verdict == "not distinguishable from zero"


def test_people_needed_equal_the_published_sizes() -> None:
    """5 % significance and 80 % power: what R's power.prop.test gives, rounded up."""
    published = {(2, 0.1): 80_682, (5, 0.1): 31_234, (5, 0.2): 8_158, (10, 0.1): 14_751}
    for (percent, relevant), people in {**published, (10, 0.2): 3_841}.items():
        connection = summed(counted(("c", "a", 50, 1000), ("c", "control", percent * 10, 1000)))
        built(connection, LIFT, lift_relevant=f"{relevant}e0")
        assert connection.execute("select people_needed from rpt_campaign_lift").fetchall() == [
            (people,)
        ]


def test_adjusted_p_values_equal_holm_done_by_hand() -> None:
    hits = {"a": 131, "b": 124, "c": 118, "d": 99, "e": 131}
    arms = [("many", arm, hit, 1000) for arm, hit in hits.items()]
    connection = summed(
        counted(
            *arms,
            ("many", "control", 100, 1000),
            ("one", "a", 131, 1000),
            ("one", "control", 100, 1000),
        )
    )
    built(connection, LIFT)
    rows = connection.execute(
        "select arm, p_value, adjusted_p_value from rpt_campaign_lift where campaign_id = 'many'"
    ).fetchall()
    largest = 0.0
    for place, (_, p, adjusted) in enumerate(sorted(rows, key=lambda row: (row[1], row[0]))):
        largest = max(largest, min(1.0, p * (5 - place)))
        assert adjusted == pytest.approx(largest, rel=1e-12)
    [(p, adjusted)] = connection.execute(
        "select p_value, adjusted_p_value from rpt_campaign_lift where campaign_id = 'one'"
    ).fetchall()
    assert p == adjusted


def test_welch_equals_scipy() -> None:
    for seed, sizes in enumerate([{"a": 4000, "control": 900}, {"a": 40, "control": 25}]):
        people = measured(np.random.default_rng(100 + seed), sizes)
        connection = of_people(people)
        [(difference, low, high, p)] = connection.execute(
            "select difference, difference_low, difference_high, p_value from int_campaign_revenues_compared"
        ).fetchall()
        arm = people.loc[people["arm"] == "a", "revenue"]
        control = people.loc[people["arm"] == "control", "revenue"]
        test = stats.ttest_ind(arm, control, equal_var=False)
        interval = test.confidence_interval(0.95)
        assert difference == pytest.approx(arm.mean() - control.mean(), rel=1e-9)
        assert (low, high) == pytest.approx((interval.low, interval.high), rel=1e-8)
        assert p == pytest.approx(test.pvalue, rel=1e-8)


def test_cuped_equals_the_regression_done_apart() -> None:
    people = measured(np.random.default_rng(102), {"a": 3000, "control": 1000})
    connection = of_people(people)
    [(difference, low, high, p, reduction)] = connection.execute("""
        select adjusted_difference, adjusted_low, adjusted_high, adjusted_p_value, variance_reduction
        from int_campaign_revenues_compared
    """).fetchall()
    is_arm = (people["arm"] == "a").to_numpy()
    design = np.column_stack([np.ones(len(people)), is_arm, people["before"]])
    _, effect, slope = np.linalg.lstsq(design, people["revenue"].to_numpy(), rcond=None)[0]
    adjusted = people["revenue"].to_numpy() - slope * people["before"].to_numpy()
    test = stats.ttest_ind(adjusted[is_arm], adjusted[~is_arm], equal_var=False)
    interval = test.confidence_interval(0.95)
    assert difference == pytest.approx(effect, rel=1e-9)
    assert (low, high) == pytest.approx((interval.low, interval.high), rel=1e-8)
    assert p == pytest.approx(test.pvalue, rel=1e-8)

    def error(values: np.ndarray) -> float:
        return (
            values[is_arm].var(ddof=1) / is_arm.sum()
            + values[~is_arm].var(ddof=1) / (~is_arm).sum()
        )

    assert reduction == pytest.approx(
        1 - error(adjusted) / error(people["revenue"].to_numpy()), rel=1e-9
    )
    assert reduction > 0.5


def test_split_equals_published_values_and_scipy() -> None:
    """51,000 to 49,000 is p = 2.5e-10, 5,100 to 4,900 is p = .046; four arms by scipy, as stated in the seed."""
    frame = counted(
        *(("many", "a", 5000, 51_000), ("many", "control", 4900, 49_000)),
        *(("few", "a", 500, 5_100), ("few", "control", 490, 4_900)),
        *(("four", arm, 50, people) for arm, people in zip("abc", (400, 380, 450), strict=True)),
        ("four", "control", 10, 100),
    )
    connection = summed(frame)
    connection.execute("""
        insert into campaign_arm_shares values ('four', 'a', 3), ('four', 'b', 3), ('four', 'c', 3),
            ('four', 'control', 1)
    """)
    built(connection, LIFT)
    found = dict(
        connection.execute(
            "select campaign_id, srm_p_value from int_campaign_splits_checked"
        ).fetchall()
    )
    assert found["many"] == pytest.approx(2.5e-10, rel=0.02)
    assert found["few"] == pytest.approx(0.0455, abs=5e-5)
    expected = np.array([3, 3, 3, 1]) * 133.0
    assert found["four"] == pytest.approx(
        stats.chisquare([400, 380, 450, 100], expected).pvalue, rel=1e-9
    )
    verdicts = dict(
        connection.execute(
            "select campaign_id, verdict from rpt_campaign_lift where arm = 'a'"
        ).fetchall()
    )
    assert verdicts["many"] == "withheld"
    withheld = connection.execute("""
        select absolute_lift, lift_low, p_value, adjusted_p_value, revenue_difference_amount, incremental_conversions,
            incremental_revenue_amount
        from rpt_campaign_lift where campaign_id = 'many'
    """).fetchall()
    assert withheld == [(None,) * 7]


def test_no_people_no_rows() -> None:
    connection = warehouse()
    built(connection, ["int_campaign_arms_summed", *LIFT])
    assert connection.execute("select * from rpt_campaign_lift").fetchall() == []


def test_usual_splits_are_told_apart() -> None:
    """Of a large campaign the nearest usual split is the one it was drawn by; seed 20260403."""
    rng = np.random.default_rng(20260403)
    shares = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5]
    frame = counted(
        *(
            row
            for share in shares
            for held in [int(rng.binomial(20_000, share))]
            for row in [
                (str(share), "a", 500, (20_000 - held) // 2),
                (str(share), "b", 500, 20_000 - held - (20_000 - held) // 2),
                (str(share), "control", 300, held),
            ]
        )
    )
    connection = summed(frame)
    built(connection, LIFT)
    planned = connection.execute("""
        select campaign_id, planned_share from int_campaign_arms_planned
        where arm = 'control' and plan_source = 'assumed'
    """).fetchall()
    assert {float(name): share for name, share in planned} == pytest.approx({s: s for s in shares})
