"""Fairway's settings: one file, read from the environment (twelve-factor); `NAME_FILE` may hold a secret's path."""

import socket
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import bootstrap
import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent


class _Env(environ.FileAwareEnv):
    def get_value(self, *args: Any, **kwargs: Any) -> Any:
        """Without the line end that every editor leaves in a secret's file."""
        value = super().get_value(*args, **kwargs)
        return value.strip() if isinstance(value, str) else value


env = _Env()

# The build needs no secret; a serving process without one does not start (portal.E002).
UNSET_SECRET = "not-set-" + "x" * 60
SECRET_KEY = env("SECRET_KEY", default=UNSET_SECRET)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", default=False)

FAIRWAY_DEMO = env.bool("FAIRWAY_DEMO", default=False)
FAIRWAY_DEMO_HOOK = env("FAIRWAY_DEMO_HOOK", default="")
FAIRWAY_EMBEDDED = env.bool("FAIRWAY_EMBEDDED", default=False)
FAIRWAY_SITE_URL = env("FAIRWAY_SITE_URL", default="http://localhost:8000").rstrip("/")
FAIRWAY_SERVICE_NAME = env("FAIRWAY_SERVICE_NAME", default="Fairway")
FAIRWAY_MAIL_DOMAIN = env("FAIRWAY_MAIL_DOMAIN", default="fairway.example")
FAIRWAY_MAIL_FROM = env("FAIRWAY_MAIL_FROM", default=f"Fairway <notices@{FAIRWAY_MAIL_DOMAIN}>")
# Addresses at which people write to us; the signed ones of bounces and canaries are known without a list.
FAIRWAY_INBOXES = [
    address.strip().lower()
    for address in env.list(
        "FAIRWAY_INBOXES",
        default=[
            parseaddr(FAIRWAY_MAIL_FROM)[1],
            *(f"{name}@{FAIRWAY_MAIL_DOMAIN}" for name in ("questions", "abuse", "postmaster")),
        ],
    )
]
# The mailbox that `receive_mail --imap` looks into, and where it puts what it has taken.
FAIRWAY_IMAP_URL = env("FAIRWAY_IMAP_URL", default="")
FAIRWAY_IMAP_DONE = env("FAIRWAY_IMAP_DONE", default="")
# Who may post what came of a mail to /hooks/inbound/<name>/, each with a secret of Standard Webhooks.
FAIRWAY_INBOUND_HOOKS = env.dict("FAIRWAY_INBOUND_HOOKS", default={})
# When a mailbox that returns our mail is suspended (delivery/suppression.py).
FAIRWAY_HARD_BOUNCE_DAYS = env.int("FAIRWAY_HARD_BOUNCE_DAYS", default=2)
FAIRWAY_SOFT_BOUNCE_DAYS = env.int("FAIRWAY_SOFT_BOUNCE_DAYS", default=4)
FAIRWAY_SOFT_BOUNCE_SPAN = env.int("FAIRWAY_SOFT_BOUNCE_SPAN", default=7)
FAIRWAY_LIST_DOMAIN = env("FAIRWAY_LIST_DOMAIN", default=f"notices.{FAIRWAY_MAIL_DOMAIN}")
FAIRWAY_OFFICIAL_LANGUAGE = env("FAIRWAY_OFFICIAL_LANGUAGE", default="en")
# The `sender` of CAP messages: it never changes, since later messages refer to earlier ones by it.
FAIRWAY_CAP_SENDER = env("FAIRWAY_CAP_SENDER", default=f"notices@{FAIRWAY_MAIL_DOMAIN}")
FAIRWAY_TIME_ZONE = env("FAIRWAY_TIME_ZONE", default="UTC")
FAIRWAY_APPROVALS_NEEDED = env.int("FAIRWAY_APPROVALS_NEEDED", default=1)
FAIRWAY_INSTANCE = env("FAIRWAY_INSTANCE", default="") or socket.gethostname()
FAIRWAY_CANARY = env.bool("FAIRWAY_CANARY", default=False)
FAIRWAY_ONLY_TO = env.list("FAIRWAY_ONLY_TO", default=[])
FAIRWAY_DUTY_MAIL = env.list("FAIRWAY_DUTY_MAIL", default=[])
# What everybody may read of an office, by its code: "of-dover=+44 …"; its duty mailbox is not for everybody.
FAIRWAY_CALL_LIST = env.dict("FAIRWAY_CALL_LIST", default={})
FAIRWAY_DEADMAN_URL = env("FAIRWAY_DEADMAN_URL", default="")
# Alarms: a disk with less left than both of these; no backup, no copy of the site for so long (0: never an alarm).
FAIRWAY_DISKS = env.list("FAIRWAY_DISKS", default=[])
FAIRWAY_DISK_PERCENT = env.float("FAIRWAY_DISK_PERCENT", default=10.0)
FAIRWAY_DISK_GB = env.float("FAIRWAY_DISK_GB", default=5.0)
FAIRWAY_BACKUP_HOURS = env.int("FAIRWAY_BACKUP_HOURS", default=26)
FAIRWAY_COPY_MINUTES = env.int("FAIRWAY_COPY_MINUTES", default=15)
# Loopback networks in which a demo or a test has its sinks; refused elsewhere (portal.E004).
FAIRWAY_HTTP_TEST_NETS = env.list("FAIRWAY_HTTP_TEST_NETS", default=[])
# How often addresses of other bodies are looked at; one that fails is left alone for longer and longer.
FAIRWAY_SOURCE_MINUTES = env.int("FAIRWAY_SOURCE_MINUTES", default=5)
FAIRWAY_CHECKER_URL = env("FAIRWAY_CHECKER_URL", default="")
FAIRWAY_METRICS_TOKEN = env("FAIRWAY_METRICS_TOKEN", default="")
# Text messages: a gateway that takes a POST (https://…), or a file for trying out (file:///…); empty: none are sent.
FAIRWAY_SMS_URL = env("FAIRWAY_SMS_URL", default="")
FAIRWAY_SMS_FORM = env("FAIRWAY_SMS_FORM", default="form")  # or "json"
FAIRWAY_SMS_FIELDS = env.dict("FAIRWAY_SMS_FIELDS", default={name: name for name in ("to", "text", "from", "ref")})
FAIRWAY_SMS_MORE = env.dict("FAIRWAY_SMS_MORE", default={})
FAIRWAY_SMS_HEADERS = env.dict("FAIRWAY_SMS_HEADERS", default={})
FAIRWAY_SMS_FROM = env("FAIRWAY_SMS_FROM", default=FAIRWAY_SERVICE_NAME[:11])
FAIRWAY_SMS_SUCCESS = env("FAIRWAY_SMS_SUCCESS", default="")
FAIRWAY_SMS_COUNTRIES = env.list("FAIRWAY_SMS_COUNTRIES", default=[])
FAIRWAY_SMS_DAILY_PARTS = env.int("FAIRWAY_SMS_DAILY_PARTS", default=1_000)
FAIRWAY_SMS_HOOK_FIELDS = env.dict("FAIRWAY_SMS_HOOK_FIELDS", default={"from": "from", "text": "text"})
FAIRWAY_SMS_HOOK_HEADER = env("FAIRWAY_SMS_HOOK_HEADER", default="X-Signature")
FAIRWAY_SMS_HOOK_SECRET = env("FAIRWAY_SMS_HOOK_SECRET", default="")
# Part of every entity tag: readers get a page anew when what makes it changed.
_MAKERS = (
    ("templates", "*.html"), ("locale", "*.mo"), ("static", "*.css"), ("static", "*.js"),
    ("notices", "*.py"), ("portal", "*.py"),
)  # fmt: skip
BUILD_ID = env("BUILD_ID", default="") or str(
    max(path.stat().st_mtime_ns for room, kind in _MAKERS for path in (BASE_DIR / room).rglob(kind))
)

HTTPS = FAIRWAY_SITE_URL.startswith("https://")
# With servers of one's own nobody is answered until the names of the site are given.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if FAIRWAY_EMBEDDED else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[FAIRWAY_SITE_URL])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "csp",
    "base",
    "delivery",
    "contacts",
    "notices",
    "dialogue",
    "readiness",
    "portal",
]

MIDDLEWARE = [
    "portal.tracing.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.everybody.NoNul",
    "portal.everybody.InNoLanguage",
    "portal.everybody.OpenToScripts",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.failures.OpenedInsteadOfSent",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "base.templatetags.fairway",
            ],
        },
    }
]
FORM_RENDERER = "base.rendering.HouseForms"

DATABASES = {"default": env.db_url("DATABASE_URL", default="postgresql://fairway@127.0.0.1:5432/fairway")}
DATABASES["default"] |= {
    "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
    "CONN_HEALTH_CHECKS": True,
    "DISABLE_SERVER_SIDE_CURSORS": False,
}
# A server that takes the call and says nothing would hold every thread of the site for minutes.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", default="redis://127.0.0.1:6379/0")
# Sessions, limits and used codes live in PostgreSQL alone: people sign in and stay so when the broker dies.
CACHES = {"default": {"BACKEND": "base.memory.ShortMemory"}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^api/", r"^livez$", r"^readyz$", r"^status\.json$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's own icons are data URLs
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_ENABLE_UTC = True
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_DB_REUSE_MAX = 200
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 180,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "global_keyprefix": "fairway:",
    # A doorbell that nobody hears is given up at once; the pump looks by itself.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
}

AUTH_USER_MODEL = "contacts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "portal.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation has already proved the address
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger cannot make us mail just anybody
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Wrong passwords are counted for each account; the limits of a network are wide, since an office shares one.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_PROXY else 0
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "5/300s/key,120/m/ip"}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {"reset_password": "portal.account_forms.ResetPassword"}
MFA_ADAPTER = "portal.accounts.MfaAdapter"
MFA_FORMS = {
    "activate_totp": "portal.account_forms.Activate",
    "authenticate": "portal.account_forms.Authenticate",
    "reauthenticate": "portal.account_forms.Reauthenticate",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = FAIRWAY_SERVICE_NAME
MFA_TOTP_TOLERANCE = 1  # a code read at its last second still counts (RFC 6238, 5.2: one step back for delay)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static", ("bootstrap", next(iter(bootstrap.__path__)))]
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media")))
STORAGES = {
    # Nothing serves MEDIA_ROOT: files of strangers are read through pages that ask who.
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # nothing asks for the others; half as much to compress
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3_000

EMAIL_URL = env("EMAIL_URL", default="smtp://127.0.0.1:1025")
_email = env.email_url("EMAIL_URL", default="smtp://127.0.0.1:1025")
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"], _email["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"], _email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _email.get("EMAIL_USE_TLS", False), _email.get("EMAIL_USE_SSL", False)
# Takes over while the first rests: another way out of the house, not another name of the same.
FAIRWAY_SECOND_RELAY = env.email_url("EMAIL_URL_SECOND") if env("EMAIL_URL_SECOND", default="") else None
# How many connections to the relay a worker opens at most; 16 to 64 for a distant one.
FAIRWAY_MAIL_CONNECTIONS = env.int("FAIRWAY_MAIL_CONNECTIONS", default=4)
# How long the batch of a dead worker waits for another. Shorter than a task may take, it costs doubled mails.
FAIRWAY_LEASE_S = env.int("FAIRWAY_LEASE_S", default=120)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = FAIRWAY_MAIL_FROM

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["contacts.api.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_THROTTLE_CLASSES": ["portal.throttles.Limits"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.parsing.Json"],
    "EXCEPTION_HANDLER": "portal.problems.handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Fairway API",
    "VERSION": "1",
    "DESCRIPTION": "Public customs notices, read without a key; drafts, handed in with one. How to: docs/api.md.",
    "SERVE_INCLUDE_SCHEMA": False,
    "OAS_VERSION": "3.1.1",
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "portal.schema.complete"],
    "ENUM_NAME_OVERRIDES": {"PlaceStatusEnum": "base.words.PlaceStatus", "SeverityEnum": "base.words.Severity"},
}

LOG_FORMAT = env("LOG_FORMAT", default="line" if FAIRWAY_EMBEDDED else "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "portal.logs.AsJson"},
    },
    "filters": {"masked": {"()": "portal.logs.Masked"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["masked"]}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING")},
    "loggers": {"django": {"handlers": []}, "django.server": {"handlers": [], "propagate": True}},
}
