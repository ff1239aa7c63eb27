"""The top floor: how people reach Wardmote. The only floor that knows the web."""
