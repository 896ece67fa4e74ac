"""Every address of the site. Public pages live under `/<language>/`; `/n/…` is permanent and has none."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
]

urlpatterns += i18n_patterns(
    path("accounts/", include("allauth.urls")),
    path("", include("dialogue.urls")),
)
