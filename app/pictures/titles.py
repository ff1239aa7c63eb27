"""Titles cut to the room there is. Pure."""


def cut(title: str, most: int) -> str:
    """The title in at most so many characters, cut between words where that keeps half of it."""
    title = " ".join(title.split())
    if len(title) <= most:
        return title
    kept = title[: most - 1]
    words = kept.rsplit(" ", 1)[0]
    if title[most - 1] != " " and len(words) >= most // 2:
        kept = words
    return kept.rstrip(" ,.;:–-") + "…"
