"""The door of the web server (WSGI, PEP 3333)."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from portal.checks import demand_safe
from portal.logs import adopt_gunicorn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()
demand_safe()
adopt_gunicorn(settings.LOG_FORMAT)
