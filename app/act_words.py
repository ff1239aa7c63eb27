"""The log of a meeting in words: what each act was, for the console and the minutes."""

from flask_babel import gettext as _

from app.labels import LABELS, label
from neighbourhoods.assemblies import ActKind, AssemblyAct, Slide

# Acts whose stored words are a word of a list.
_LISTED = {ActKind.SHOW: Slide, ActKind.UNDO: ActKind}


def act_in_words(act: AssemblyAct) -> str:
    """What an act was, with what it was about."""
    if act.kind == ActKind.TIMER:
        return _timer(act.words)
    if act.kind == ActKind.EXTEND_VOTE:
        seconds, title = _split(act.words)
        return _("Gave the vote %(time)s more: %(title)s", time=_in_minutes(seconds), title=title)
    if act.kind == ActKind.SET_SCREEN:
        return _screen(act.words)
    if act.kind == ActKind.CHANGE_AGENDA and not act.words:
        return _("Planned the meeting")
    about = _about(act)
    return f"{label(act.kind)}: {about}" if about else str(label(act.kind))


def _about(act: AssemblyAct) -> str:
    words = _LISTED.get(act.kind)
    if words is not None:
        listed: str = next((str(label(w)) for w in LABELS[words] if w == act.words), act.words)
        return listed
    if act.kind == ActKind.CHANGE_AGENDA:
        return _change(*_split(act.words))
    return act.words


def _split(words: str) -> tuple[str, str]:
    first, _space, rest = words.partition(" ")
    return first, rest


def _timer(words: str) -> str:
    what, seconds = _split(words)
    left = _in_minutes(seconds)
    if what == "start":
        return _("Started the countdown at %(left)s", left=left)
    if what == "rest":
        return _("Let the countdown rest at %(left)s", left=left)
    return _("Added %(left)s to the countdown", left=left)


def _in_minutes(seconds: str) -> str:
    whole = int(seconds) if seconds.isdecimal() else 0
    return f"{whole // 60}:{whole % 60:02d}"


def _screen(words: str) -> str:
    number, shows = _split(words)
    if shows == "add":
        return _("Added screen %(number)s", number=number)
    if shows == "follow":
        return _("Let screen %(number)s follow the meeting", number=number)
    own = next((str(label(slide)) for slide in Slide if slide == shows), shows)
    return _("Gave screen %(number)s something of its own: %(own)s", number=number, own=own)


def _change(what: str, title: str) -> str:
    sentences = {
        "add": _("put in “%(title)s”", title=title),
        "change": _("changed “%(title)s”", title=title),
        "move": _("moved “%(title)s”", title=title),
        "remove": _("took out “%(title)s”", title=title),
        "plan": _("place, time or title"),
    }
    return sentences.get(what, title)
