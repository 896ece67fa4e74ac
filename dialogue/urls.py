"""The counter: public pages by signed link, the officer's queue behind sign-in."""

from django.urls import path

from .cases.views import desk, public

urlpatterns = [
    path("ask/", public.ask, name="ask"),
    path("ask/link/", public.lost_link, name="case_links"),
    path("ask/link/sent/", public.lost_link_sent, name="case_links_sent"),
    path("ask/sent/<str:token>/", public.sent, name="case_sent"),
    path("ask/confirm/<str:token>/", public.verify, name="case_verify"),
    path("ask/track/<str:token>/", public.track, name="case_track"),
    path("ask/track/<str:token>/close/", public.close, name="case_close"),
    path("ask/track/<str:token>/files/<uuid:uid>/", public.track_file, name="case_track_file"),
    path("desk/questions/", desk.queue, name="case_queue"),
    path("desk/questions/<str:reference>/", desk.detail, name="case_detail"),
    path("desk/questions/<str:reference>/keep/", desk.keep, name="case_keep"),
    path("desk/questions/<str:reference>/files/<uuid:uid>/", desk.case_file, name="case_file"),
]
