"""Pages of the address book. `without_language` holds the one link that mail programs post to."""

from django.urls import path

from .views import api_keys, apply, connections, follow, lists, offices, people, stop, two_person

urlpatterns = [
    path("follow/", follow.follow, name="follow"),
    path("follow/sent/", follow.sent, name="follow_sent"),
    path("follow/phone/confirm/<str:token>/", follow.phone, name="follow_phone"),
    path("follow/confirm/<str:token>/", follow.confirm, name="follow_confirm"),
    path("follow/manage/", follow.manage_link, name="follow_manage_link"),
    path("follow/manage/<str:token>/", follow.manage, name="follow_manage"),
    path("apply/", apply.apply, name="apply"),
    path("apply/sent/", apply.sent, name="apply_sent"),
    path("apply/confirm/<str:token>/", apply.confirm, name="apply_confirm"),
    path("applications/", apply.index, name="applications"),
    path("applications/<uuid:uid>/", apply.detail, name="application"),
    path("applications/<uuid:uid>/accept/", apply.accept, name="application_accept"),
    path("applications/<uuid:uid>/decline/", apply.decline, name="application_decline"),
    path("lists/", lists.index, name="lists"),
    path("lists/new/", lists.new, name="list_new"),
    path("lists/<uuid:uid>/", lists.detail, name="list"),
    path("lists/<uuid:uid>/edit/", lists.edit, name="list_edit"),
    path("lists/<uuid:uid>/members/<int:pk>/try-again/", lists.try_again, name="member_try_again"),
    path("lists/<uuid:uid>/upload/", lists.upload, name="list_upload"),
    path("lists/<uuid:uid>/export.<str:form>", lists.export, name="list_export"),
    path("imports/<uuid:uid>/", lists.dry_run, name="import"),
    path("imports/<uuid:uid>/apply/", lists.apply, name="import_apply"),
    path("imports/<uuid:uid>/take-back/", lists.take_back, name="import_take_back"),
    path("imports/<uuid:uid>/refused.csv", lists.refused_rows, name="import_refused"),
    path("connections/", connections.index, name="connections"),
    path("connections/new/", connections.new, name="connection_new"),
    path("connections/<uuid:uid>/", connections.detail, name="connection"),
    path("connections/<uuid:uid>/<slug:verb>/", connections.act, name="connection_act"),
    path("api-keys/", api_keys.index, name="api_keys"),
    path("api-keys/new/", api_keys.new, name="api_key_new"),
    path("api-keys/<uuid:uid>/revoke/", api_keys.revoke, name="api_key_revoke"),
    path("people/", people.index, name="people"),
    path("people/invite/", people.invite, name="people_invite"),
    path("people/seats/<int:pk>/end/", people.end_seat, name="seat_end"),
    path("people/<uuid:pk>/switch-off/", people.switch_off, name="person_switch_off"),
    path("people/<uuid:pk>/reset-factor/", two_person.reset_factor, name="factor_reset"),
    path("people/<uuid:pk>/email/", two_person.change_email, name="person_email"),
    path("people/offices/", offices.index, name="offices"),
    path("people/offices/new/", offices.office, name="office_new"),
    path("people/offices/<uuid:uid>/", offices.office, name="office"),
    path("people/changes/<uuid:uid>/confirm/", two_person.confirm, name="change_confirm"),
    path("people/changes/<uuid:uid>/refuse/", two_person.refuse, name="change_refuse"),
    path("invitation/<str:token>/", people.invitation, name="invitation"),
]

without_language = [
    path("leave/<str:token>", follow.leave, name="leave"),
    path("hooks/text-messages/", stop.stop, name="stop_hook"),
]
