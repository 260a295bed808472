"""Customers whose true parameters are known: BG/NBD purchases and Gamma-Gamma spend, with numpy's generator."""

import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

R, ALPHA, A, B = 0.243, 4.414, 0.793, 2.426
P, Q, V = 6.25, 3.74, 15.44
SEED = 20261122
FIRST_DAYS, LAST_DAYS = 190, 730


def simulate(customers: int, seed: int = SEED) -> pa.Table:
    """Histories as `int_purchase_histories_summed` holds them, one row a customer, all at one origin.

    Purchases are those of Fader, Hardie and Lee (2005), in weeks, rounded up to days; the age is uniform between
    FIRST_DAYS and LAST_DAYS. Spend is that of Fader, Hardie and Berger (2004).
    """
    random = np.random.default_rng(seed)
    age = random.integers(FIRST_DAYS, LAST_DAYS + 1, customers)
    gap = 1 / random.gamma(R, 1 / ALPHA, customers)
    dropout = random.beta(A, B, customers)
    count, last, now = np.zeros(customers, np.int64), np.zeros(customers), np.zeros(customers)
    alive = np.arange(customers)
    while len(alive):
        now[alive] += 7 * gap[alive] * random.exponential(size=len(alive))
        alive = alive[now[alive] < age[alive]]
        count[alive] += 1
        last[alive] = now[alive]
        alive = alive[random.random(len(alive)) >= dropout[alive]]
    repeated = count > 0
    rate = random.gamma(Q, 1 / V, customers)
    mean = random.gamma(P * np.maximum(count, 1)) / (rate * np.maximum(count, 1))
    return pa.table(
        {
            "customer_id": np.arange(customers),
            "repeat_count": count,
            "days_to_last_purchase": np.ceil(last).astype(np.int64),
            "age_days": age,
            "mean_repeat_amount": pa.array(mean, mask=~repeated),
        }
    )


def main(customers: int, file: Path) -> None:
    """Write simulated histories as Parquet."""
    with duckdb.connect() as connection:
        connection.register("histories", simulate(customers))
        connection.execute(f"copy histories to '{file}' (format parquet)")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
