"""Customers whose true parameters are known: purchases, amounts and contracts, drawn with numpy's generator."""

import numpy as np

Histories = tuple[np.ndarray, np.ndarray, np.ndarray]


def purchases(
    customers: int,
    truth: tuple[float, float, float, float],
    dropout_offset: int,
    seed: int,
    weeks: tuple[float, float] = (26, 104),
) -> Histories:
    """Repeat purchases, days to the last of them and age in days, in continuous time.

    BG/NBD (Fader, Hardie & Lee 2005) with dropout_offset 0, MBG/NBD (Batislam et al. 2007) with 1; b = inf: no dropout.
    """
    r, alpha, a, b = truth
    random = np.random.default_rng(seed)
    age = random.uniform(*weeks, customers)
    rate = random.gamma(r, 1 / alpha, customers)
    dropout = random.beta(a, b, customers) if np.isfinite(b) else np.zeros(customers)
    count, last, now = np.zeros(customers, np.int64), np.zeros(customers), np.zeros(customers)
    alive = np.arange(customers)
    if dropout_offset:
        alive = alive[random.random(customers) >= dropout]
    while len(alive):
        now[alive] += random.exponential(size=len(alive)) / rate[alive]
        alive = alive[now[alive] <= age[alive]]
        count[alive] += 1
        last[alive] = now[alive]
        alive = alive[random.random(len(alive)) >= dropout[alive]]
    return count, last * 7, age * 7


def in_whole_days(histories: Histories) -> Histories:
    """The same as tables hold them."""
    count, last, age = histories
    return count, np.floor(last), np.floor(age)


def mean_amounts(repeats: np.ndarray, truth: tuple[float, float, float], seed: int) -> np.ndarray:
    """Mean amount of each customer's repeat purchases, as Gamma-Gamma (Fader & Hardie 2013) has it; nan without any."""
    p, q, v = truth
    random = np.random.default_rng(seed)
    rate = random.gamma(q, 1 / v, len(repeats))
    return np.where(
        repeats > 0,
        random.gamma(p * np.maximum(repeats, 1)) / (np.maximum(repeats, 1) * rate),
        np.nan,
    )


def tenures(customers: int, truth: tuple[float, float], months: int, seed: int) -> np.ndarray:
    """Subscriptions kept and lost in each month, as sBG (Fader & Hardie 2007) has it, each seen for 1 to all months."""
    random = np.random.default_rng(seed)
    chance = random.beta(*truth, customers)
    lost_in = random.geometric(np.maximum(chance, 1e-12))
    observed = random.integers(1, months + 1, customers)
    rows = [
        ((lost_in > month) & (observed >= month), (lost_in == month) & (observed >= month))
        for month in range(1, months + 1)
    ]
    return np.array([[kept.sum(), lost.sum()] for kept, lost in rows])
