"""Every address of the site. Public pages live under `/<language>/`; `/n/…` is permanent and has none."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from contacts import urls as contacts_urls
from delivery import hooks
from notices.formats import FEEDS
from portal import ops
from portal.everybody import without_session
from portal.pages import (
    archive,
    association,
    board,
    call_list,
    crisis,
    demo,
    headquarters,
    outbound,
    place,
    place_map,
    public,
    statistics,
    status,
    verify,
    widget,
)

handler500 = "portal.failures.server_error"

urlpatterns = [
    path("n/<str:reference>", public.permanent, name="permanent"),
    path("n/<str:reference>/<int:number>", public.permanent, name="permanent_version"),
    path("n/<str:reference>/<int:number>/cap.xml", public.cap_message, name="cap_message"),
    path("livez", ops.livez, name="livez"),
    path("readyz", ops.readyz, name="readyz"),
    path("metrics", ops.metrics, name="metrics"),
    path("verify", verify.verify_anywhere, name="verify_anywhere"),
    path("status", status.status_anywhere, name="status_anywhere"),
    path("status.json", status.status_json, name="status_json"),
    path("favicon.ico", public.favicon, name="favicon"),
    path("api/", include("portal.api")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("hooks/inbound/<str:provider>/", without_session(hooks.inbound), name="inbound_hook"),
    *contacts_urls.without_language,
]

urlpatterns += i18n_patterns(
    path("", public.home, name="home"),
    path("n/<str:reference>/", public.notice, name="notice"),
    path("n/<str:reference>/<int:number>/", public.notice, name="notice_version"),
    *(path(feed.file, public.feed, {"feed": feed}, name=feed.name) for feed in FEEDS),
    path("notices/", archive.archive, name="archive"),
    path("places/", board.board, name="board"),
    path("places.csv", board.board_csv, name="board_csv"),
    path("places/<str:locode>/", place.place, name="place"),
    path("places/<str:locode>/<str:what>.csv", place.place_csv, name="place_csv"),
    path("places/<str:locode>/poster/", place.poster, name="place_poster"),
    path("crisis/", crisis.crises, name="crises"),
    path("crisis/<str:reference>/", crisis.crisis, name="crisis"),
    path("verify/", verify.verify, name="verify"),
    path("widget/", widget.widget, name="widget"),
    path("embed/", widget.embed, name="embed"),
    path("map/", place_map.place_map, name="map"),
    path("statistics/", statistics.statistics, name="statistics"),
    path("statistics.csv", statistics.statistics_csv, name="statistics_csv"),
    path("status/", status.status, name="status"),
    path("offices/", call_list.call_list, name="call_list"),
    path("demo/", demo.accounts, name="demo_accounts"),
    path("accounts/", include("portal.account_urls")),
    path("", include("contacts.urls")),
    path("", include("dialogue.urls")),
    path("", include("notices.urls")),
    path("association/", association.home, name="association_home"),
    path("association/<str:code>/", association.dashboard, name="association"),
    path("association/<str:code>/seen/", association.mark, name="association_mark"),
    path("association/<str:code>/relay/<uuid:uid>/", association.relay, name="association_relay"),
    path("headquarters/outbound/", outbound.outbound, name="outbound"),
    path("headquarters/", headquarters.headquarters, name="headquarters"),
)
