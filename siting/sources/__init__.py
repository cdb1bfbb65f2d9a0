"""Readers: one per provider or format. Units are converted here and nowhere else."""
