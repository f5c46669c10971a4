"""Tests of the engine's store, on SQLite and on PostgreSQL."""
