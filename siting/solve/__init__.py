"""From a Model to numbers: stamping, HiGHS, the grid's rows, what is missing when no plan exists. Pyomo stops here."""
