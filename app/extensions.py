"""The Flask extensions, made once and started by the factory."""

from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_socketio import SocketIO
from flask_wtf.csrf import CSRFProtect
from govuk_frontend_wtf.main import WTFormsHelpers

from app.marks import visitors_mark

babel = Babel()
compress = Compress()
csrf = CSRFProtect()
forms = WTFormsHelpers()
limiter = Limiter(visitors_mark, headers_enabled=False)
socketio = SocketIO()
