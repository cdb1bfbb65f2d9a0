"""Solutions: what was decided, in arrays and tables, without Pyomo."""
