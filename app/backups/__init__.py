"""Backups: everything that a council would miss, in one sealed file, and the way back."""
