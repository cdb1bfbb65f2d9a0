"""From a Model to numbers. Pyomo stops here.

`stamp` makes a `program` of sparse arrays; HiGHS (`highs`) solves it in one matrix (`monolith`) or block by block (`benders`).
Rows of the grid (`grid`) and of N+1 over sites are found as plans break them (`plan_rules`). Where no plan exists,
`infeasibility` says what is missing.
"""
