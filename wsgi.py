"""The process: chooses its async server (the only place that patches), builds the app, serves."""

import gc
import os
import sys
import warnings

# While the parts are loaded nothing is garbage, and looking for some takes a seventh of the time
# until a server that was restarted answers again.
gc.disable()
# What is written here (roll, letters, ballots, keys) is for this user’s eyes alone.
os.umask(0o077)
if "flask" in sys.modules:
    # Under `flask some-command` Flask is loaded before us: nothing is served, and nothing patched.
    os.environ["ASYNC_MODE"] = "threading"
MODE = os.environ.get("ASYNC_MODE", "eventlet")
if MODE == "eventlet":
    warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")
    import eventlet

    eventlet.monkey_patch()
elif MODE == "gevent":
    from gevent import monkey
    from psycogreen.gevent import patch_psycopg

    monkey.patch_all()
    patch_psycopg()

from app.commands import show_demonstration  # noqa: E402 - only after patching
from app.factory import create_app  # noqa: E402
from app.serve import serve  # noqa: E402
from app.settings import SettingsError  # noqa: E402

try:
    app = create_app()
except SettingsError as error:
    sys.exit(f"Wardmote cannot start: {error}")
gc.freeze()  # what is loaded stays for good: else the first look for garbage would visit it all
gc.enable()

if __name__ == "__main__":
    if "--demo" in sys.argv[1:]:
        with app.app_context():
            show_demonstration()
    serve(app)
