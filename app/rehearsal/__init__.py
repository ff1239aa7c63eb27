"""Rehearsing a meeting with simulated phones, which do what the pages' own scripts do."""
