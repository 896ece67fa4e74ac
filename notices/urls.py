"""The officer's desk, and headquarters' pages of crises."""

from django.urls import path

from .views import alone, crises, decision, desk, editor, preview, revising, scheduling, sending, templates

urlpatterns = [
    path("headquarters/crises/", crises.index, name="crises_kept"),
    path("headquarters/crises/new/", crises.new, name="crisis_new"),
    path("headquarters/crises/<str:reference>/", crises.edit, name="crisis_edit"),
    path("headquarters/crises/<str:reference>/level/", crises.level, name="crisis_level"),
    path("headquarters/crises/<str:reference>/partners/<int:pk>/", crises.check, name="partner_check"),
    path("desk/", desk.desk, name="desk"),
    path("desk/new/", editor.new, name="notice_new"),
    path("desk/templates/", templates.templates, name="templates"),
    path("desk/templates/new/", templates.template, name="template_new"),
    path("desk/templates/<int:pk>/", templates.template, name="template"),
    path("desk/templates/<int:pk>/remove/", templates.remove, name="template_remove"),
    path("desk/v/<uuid:uid>/edit/", editor.edit, name="version_edit"),
    path("desk/v/<uuid:uid>/discard/", editor.discard, name="version_discard"),
    path("desk/v/<uuid:uid>/live/", editor.live, name="version_live"),
    path("desk/v/<uuid:uid>/", preview.preview, name="version_preview"),
    path("desk/v/<uuid:uid>/mail/<str:language>/", preview.mail_html, name="version_mail"),
    path("desk/v/<uuid:uid>/submit/", preview.submit, name="version_submit"),
    path("desk/v/<uuid:uid>/test/", preview.test_copy, name="version_test"),
    path("desk/v/<uuid:uid>/decide/", decision.decide, name="version_decide"),
    path("desk/v/<uuid:uid>/alone/", alone.issue, name="version_alone"),
    path("desk/v/<uuid:uid>/review/", alone.review, name="version_review"),
    path("desk/v/<uuid:uid>/hour/", scheduling.choose, name="version_hour"),
    path("desk/v/<uuid:uid>/unschedule/", scheduling.cancel, name="version_unschedule"),
    path("desk/v/<uuid:uid>/publish/", scheduling.publish, name="version_publish"),
    path("desk/v/<uuid:uid>/correct/", revising.correct, name="version_correct"),
    path("desk/v/<uuid:uid>/next/<str:action>/", revising.revise, name="version_revise"),
    path("desk/v/<uuid:uid>/sending/", sending.sending, name="sending"),
    path("desk/v/<uuid:uid>/sending/<str:verb>/", sending.control, name="sending_control"),
]
