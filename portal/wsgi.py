"""The door of the web server (WSGI, PEP 3333)."""

import gc
import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from portal.checks import demand_safe
from portal.logs import adopt_gunicorn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()
demand_safe()
adopt_gunicorn(settings.LOG_FORMAT)
# What stays for ever is looked through by no collection, and a page makes thousands of objects that go by themselves.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 10, 10)
