"""How long a run bears with a destination that asks to be asked later."""

import random

from reverse_etl.context import Retry
from reverse_etl.rates import Bucket


class Patience:
    """What a run may wait in all, and what it has waited so far.

    Args:
        retry: How often and how long.
        bucket: Of the account, which is held back for everybody.
    """

    def __init__(self, retry: Retry, bucket: Bucket) -> None:
        self._retry, self._bucket = retry, bucket
        self._waited = 0.0
        self._random = random.Random()

    def bears(self, failures: int, asked: float | None = None) -> bool:
        """Hold the account back as long as asked, or longer each time; False when patience is over.

        Args:
            failures: How often the same rows were put off in a row.
            asked: Seconds the destination named, if it did.
        """
        wait = asked
        if wait is None:
            longest = min(self._retry.longest_wait, self._retry.first_wait * 2**failures)
            wait = longest * self._random.uniform(0.5, 1)
        if failures + 1 == self._retry.attempts or self._waited + wait > self._retry.budget:
            return False
        self._waited += wait
        self._bucket.pause(wait)
        return True
