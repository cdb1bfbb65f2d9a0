"""The ledger: blocks post what they cause and ask for totals; they never name each other.

*Handed-over* accounts pass from one block to the next, *balanced* accounts sum to zero at every site and hour, *totals*
are read last. The plan and the hours are two phases; in each, an account is closed by its first reader. Every stage of a study
has a plan of its own, with accounts of its own.
An index is a place (a site, a region or `everywhere`) or a pair (place, hour).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyomo.environ as pyo

from ..errors import ModelError
from ..study.accounts import ACCOUNTS, IN_HOURS

EVERYWHERE = "everywhere"


class Entry(NamedTuple):
    account: str
    line: str  # `block.label`: the line of the report
    phase: str  # plan | operate
    amounts: dict  # place or (place, t) -> linear Pyomo expression
    stage: int = 0  # number of the stage that the entry of a plan is of


@dataclass
class Ledger:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._closed: dict[tuple[str, str, int], str] = {}
        self.phase = self.block = ""
        self.stage = 0

    def enter(self, phase: str, block: str, stage: int = 0) -> None:
        """Say who writes from here on (called by `build` only)."""
        self.phase, self.block, self.stage = phase, block, stage

    def _here(self) -> list[Entry]:
        """Entries of this phase and stage."""
        return [e for e in self.entries if e.phase == self.phase and e.stage == self.stage]

    def post(self, account: str, label: str, amounts: Mapping[Any, Any]) -> None:
        """Enter amounts, in the account's unit; in the hours: per occurrence of the block (`stamp` applies the weight)."""
        if account not in ACCOUNTS:
            raise ModelError(f"{self.block} posts {label} to '{account}', which is no account: {', '.join(ACCOUNTS)}")
        if reader := self._closed.get((account, self.phase, self.stage)):
            raise ModelError(
                f"{self.block} posts {label} to {account} after {reader} has read it; "
                f"move {self.block} before {reader} in BLOCKS"
            )
        if self.phase == "operate" and ACCOUNTS[account].kind == "total" and account not in IN_HOURS:
            raise ModelError(f"{self.block} posts {label} to {account} in the hours, but that account is the plan's alone")
        line = f"{self.block}.{label}"
        if any((e.account, e.line) == (account, line) for e in self._here()):
            raise ModelError(f"{account} has two entries called {line}")
        self.entries.append(Entry(account, line, self.phase, dict(amounts), self.stage))

    def total(self, account: str) -> dict:
        """Index -> the sum of all that was posted there in this phase (and stage). Closes the account for this phase."""
        self._closed.setdefault((account, self.phase, self.stage), self.block)
        sums: dict[Any, list] = {}
        posted = [e for e in self._here() if e.account == account]
        for e in posted:
            for index, amount in e.amounts.items():
                sums.setdefault(index, []).append(amount)
        if not posted and ACCOUNTS[account].kind != "total":
            raise ModelError(f"{self.block} reads {account}, but no block before it in BLOCKS has posted to it")
        return {index: pyo.quicksum(x) if len(x) > 1 else x[0] for index, x in sums.items()}

    def sum_over(self, account: str, places: Iterable[str] | None = None) -> Any:
        """One expression: what was posted in this phase at these places (None: at all), over all hours of the block."""
        wanted = None if places is None else set(places)
        return pyo.quicksum(
            x
            for index, x in self.total(account).items()
            if wanted is None or (index[0] if isinstance(index, tuple) else index) in wanted
        )
