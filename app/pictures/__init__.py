"""Pictures of a count, drawn on the server from what was stored: shapes here, SVG in templates."""
