"""Alembic migrations over the farm's tables and the slices'."""
