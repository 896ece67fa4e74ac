"""The counter: public pages by signed link, the officer's queue behind sign-in."""

from django.urls import path

from .cases import views

urlpatterns = [
    path("ask/", views.ask, name="ask"),
    path("ask/sent/<str:token>/", views.sent, name="case_sent"),
    path("ask/confirm/<str:token>/", views.verify, name="case_verify"),
    path("ask/track/<str:token>/", views.track, name="case_track"),
    path("ask/track/<str:token>/close/", views.close, name="case_close"),
    path("ask/track/<str:token>/files/<uuid:uid>/", views.track_file, name="case_track_file"),
    path("desk/questions/", views.queue, name="case_queue"),
    path("desk/questions/<str:reference>/", views.detail, name="case_detail"),
    path("desk/questions/<str:reference>/files/<uuid:uid>/", views.case_file, name="case_file"),
]
