"""A study in words: what the planner asks. It knows nothing of files' contents, of weather or of Pyomo."""
