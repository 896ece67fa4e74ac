from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        # The rules need the models, which are ready only now.
        from . import policies  # noqa: F401, PLC0415
