"""A demonstration council: Millbrook, with rounds in different phases."""
