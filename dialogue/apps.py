from django.apps import AppConfig


class DialogueConfig(AppConfig):
    name = "dialogue"

    def ready(self) -> None:
        # The rules need the models, which are ready only now.
        from .cases import policies  # noqa: F401, PLC0415
