from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "delivery"

    def ready(self) -> None:
        # The checks need the models, which are ready only now.
        from . import checks  # noqa: F401, PLC0415
