"""Django's settings. Everything that differs between sites is read from the site's folder, named by TOLLBOOK_SITE.

Without a site (type checks, documentation) a database in memory stands in, and nothing is written anywhere.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from tollbook.engine.fence_file import read_settings
from tollbook.site import database
from tollbook.web.serving import secret_files

SITE = Path(os.environ["TOLLBOOK_SITE"]) if os.environ.get("TOLLBOOK_SITE") else None


SECRET_KEY = secret_files.ensure(SITE, secret_files.SECRET_KEY) if SITE else secrets.token_urlsafe(50)
DEBUG = False
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tollbook.web.urls"
ASGI_APPLICATION = "tollbook.web.serving.asgi.application"
WSGI_APPLICATION = "tollbook.web.serving.wsgi.application"
INSTALLED_APPS = [
    *database.APPS,
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "ninja",  # its page of the API is then drawn from its own files, not from a CDN
    "tollbook.web",
]
MIDDLEWARE = [
    "tollbook.web.serving.headers.answer_headers",
    "django.middleware.security.SecurityMiddleware",
    "tollbook.web.serving.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tollbook.web.people.roles.SignedIn",
    "tollbook.web.audit.looking.NotedLooks",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tollbook.web.serving.parts.PartsLeadThePage",
    "tollbook.web.faults.ToldFaults",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.static", "tollbook.web.templatetags.tollbook"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tollbook.web.page_context.frame",
            ],
        },
    },
]
_ELSEWHERE = read_settings(SITE) if SITE else None
DATABASES = database.databases(SITE, _ELSEWHERE)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "tollbook.web.people.ldap_backend.LdapBackend",  # for names and passwords that are none of this site
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",  # those kept by another are made anew at the next sign-in
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "tollbook.web.serving.static_files.VersionedFiles"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MAX_AGE = 365 * 24 * 3600
CSRF_FAILURE_VIEW = "tollbook.web.faults.form_expired"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
# A browser keeps cookies by host, whatever the port: two sites on one machine would sign each other's people out.
# Processes of one settings database share the key, and what they call a cookie.
_WHOSE = f"cookies of {SECRET_KEY}" if _ELSEWHERE else str(SITE.resolve()) if SITE else ""
_MARK = f"-{hashlib.sha256(_WHOSE.encode()).hexdigest()[:8]}" if SITE else ""
SESSION_COOKIE_NAME = f"tollbook-session{_MARK}"
CSRF_COOKIE_NAME = f"tollbook-form{_MARK}"
SESSION_COOKIE_AGE = 7 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
# A proxy in front that ends TLS says so; without this its https:// forms would look like another site's.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
LOGGING_CONFIG = None
