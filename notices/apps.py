from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "notices"

    def ready(self) -> None:
        # The rules need the models, which are ready only now.
        from . import policies  # noqa: F401, PLC0415
