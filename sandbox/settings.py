"""Settings of the site, all of them from the environment with defaults that suit a laptop.

DEBUG=1, HOST, PORT, DATA_DIR, ALLOWED_HOSTS, PUBLIC_URL and SECRET_KEY are read here; README.md lists them.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.lan import allowed_hosts, port_number, secret_key
from sandbox.logs import without_traceback

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / "data").resolve()

DEBUG = os.environ.get("DEBUG") == "1"
SECRET_KEY = os.environ.get("SECRET_KEY") or secret_key(DATA_DIR)

# Where the server listens, and the address that people type if a proxy or a tunnel stands before it
HOST = os.environ.get("HOST") or "127.0.0.1"
PORT = port_number(os.environ.get("PORT") or "8000")
PUBLIC_URL = os.environ.get("PUBLIC_URL", "").rstrip("/")
_public = urlsplit(PUBLIC_URL)
HTTPS = _public.scheme == "https"

ALLOWED_HOSTS = allowed_hosts(HOST, os.environ.get("ALLOWED_HOSTS", ""), _public.hostname or "")
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"] if PUBLIC_URL else []

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "sandbox",
    "clusters",
]

MIDDLEWARE = [
    "sandbox.middleware.access_log",
    "sandbox.middleware.content_security_policy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "sandbox.middleware.renew_session",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "sandbox.urls"
ASGI_APPLICATION = "sandbox.asgi.application"

# Jinja2 comes first and takes *.jinja only (map, lifelines: 5 times faster); pages are Django templates.
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"environment": "sandbox.jinja.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "NAME": "django",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "lifelines.sqlite3",
        "OPTIONS": {
            # 4,000 pages: a big scale-up is copied from the log into the file twice, not ten times.
            "init_command": (
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000;"
            ),
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,  # seconds
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 5000}}
}

# Nobody has an account: the session is the person. sandbox.middleware.renew_session renews it by use.
SESSION_COOKIE_AGE = 30 * 24 * 3600  # seconds
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"

# With a public https address a proxy ends TLS and says so in X-Forwarded-Proto.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # served from where they lie: no collectstatic step
WHITENOISE_AUTOREFRESH = DEBUG

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
# A language is offered once sandbox/locale has its catalogue.
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "sandbox" / "locale"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "sandbox.logs.LineFormatter"}},
    "filters": {"no_traceback": {"()": lambda: without_traceback}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # sandbox.middleware.access_log says the same in one line
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},
        "django.security.DisallowedHost": {"filters": ["no_traceback"]},
        "daphne": {"level": "WARNING"},
    },
}

# What one cluster and one person may hold; a request beyond it gets a clear message.
LIFELINES_MAX_NODES = 100
LIFELINES_MAX_PODS = 1000
LIFELINES_MAX_MANIFEST_BYTES = 256 * 1024
LIFELINES_MAX_CLUSTERS_PER_PERSON = 5
LIFELINES_MAX_HISTORY_BYTES = 25 * 1024 * 1024
