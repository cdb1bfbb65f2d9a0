"""Study → Inputs: sources and physics become arrays."""
