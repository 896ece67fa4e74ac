"""Who gets what: every URL name × identity → the answer. To add an address, add a row; to read one, read across.

A cell is a status, `in` (to the sign-in page), or `>name` (redirect to that URL name). A row names the thing of
`world.World` that its address is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

IDENTITIES = (
    "anonymous", "link_holder", "others_link",
    "association_member", "association_manager", "other_association",
    "author", "approver", "other_office_officer", "liaison", "headquarters", "auditor", "administrator",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """`cells` in the order of `IDENTITIES`; a single cell is everybody's.

    `send` is what a POST carries; "@name.field" is read from the world.
    """

    names: str
    cells: str
    of: str = ""
    method: str = "GET"
    send: dict[str, Any] = field(default_factory=dict)

    def expected(self) -> dict[str, str]:
        cells = self.cells.replace("|", " ").split()
        if len(cells) == 1:
            cells *= len(IDENTITIES)
        if len(cells) != len(IDENTITIES):
            raise ValueError(f"{self.names}: {len(cells)} cells for {len(IDENTITIES)} identities")
        return dict(zip(IDENTITIES, cells, strict=True))


def post(names: str, cells: str, of: str = "", **send: Any) -> Row:
    return Row(names, cells, of, "POST", send)


def own(association: str, customs: str = "") -> str:
    """Cells of a page about one's own account; customs staff, who have a second factor, may see another."""
    return " ".join(["in"] * 3 + [association] * 3 + [customs or association] * 7)


OWN = own("200")
WELCOME = " ".join([">association_home"] * 3 + [">desk"] * 3 + [">headquarters"] * 3 + [">people"])
APPLY = {"ground": "membership_terms", "agreed": "on"}
LIST = {"name": "Fresh", "way": "direct", "direct_from": "Extreme"}

ROWS = [
    # ── Everybody ───────────────────────────── anonymous, links    | association     | customs
    Row("livez readyz favicon status status_json metrics", "200"),  # these tests ask on the machine itself
    Row("status_anywhere", ">status"),
    Row("verify_anywhere", ">verify"),
    Row("verify widget embed", "200"),
    Row("home call_list notice notice_version follow follow_sent follow_manage_link ask case_links", "200"),
    Row("case_links_sent board board_csv feed_atom feed_json feed_cap feed_geojson feed_calendar feed_csv", "200"),
    Row("archive statistics statistics_csv cap_message map place place_csv place_poster crises crisis", "200"),
    Row("api_notices-list api_notices-detail api_notices-versions api_places-list api_places-detail", "200"),
    Row("api_schema api_docs api_verify", "200"),
    Row("api_nothing", "404"),
    Row("api_drafts-list api_drafts-detail", "401"),  # a key opens them, no session does
    post("api_notices-list", "401"),
    post("case_links", ">case_links_sent", email="nobody@company.invalid"),
    Row("apply apply_sent", "200"),
    Row("permanent", ">notice"),
    Row("permanent_version", ">notice_version"),
    Row("demo_accounts", "404"),
    post("set_language", ">follow", language="en", next="/en/follow/"),
    Row("inbound_hook", "405"),
    post("inbound_hook", "204"),
    Row("stop_hook", "405"),
    post("stop_hook", "204"),
    # ── By link: a good link opens one thing, whoever holds it; leaving looks the same for all
    Row("leave", "200"),
    post("leave", "200"),
    post("follow_phone",
        "404 422 404                                 | 404 404 404     | 404 404 404 404 404 404 404",
        code="12"),
    Row("follow_confirm follow_manage follow_phone case_sent case_verify case_track case_track_file",
        "404 200 404                                 | 404 404 404     | 404 404 404 404 404 404 404"),
    post("follow_confirm",
        "404 200 404                                 | 404 404 404     | 404 404 404 404 404 404 404"),
    post("follow_manage",
        "404 >follow_manage 404                      | 404 404 404     | 404 404 404 404 404 404 404",
        what="everything"),
    post("case_verify case_close",
        "404 >case_track 404                         | 404 404 404     | 404 404 404 404 404 404 404"),
    Row("apply_confirm",
        "404 200 404                                 | 404 404 404     | 404 404 404 404 404 404 404"),
    post("apply_confirm",
        "404 200 404                                 | 404 404 404     | 404 404 404 404 404 404 404"),
    post("case_track",
        "404 >case_track 404                         | 404 404 404     | 404 404 404 404 404 404 404",
        text="At night too?"),
    Row("invitation",
        "404 200 404                                 | 404 404 404     | 404 404 404 404 404 404 404"),
    post("invitation",
        "404 in 404                                  | 404 404 404     | 404 404 404 404 404 404 404",
        name="New", password="tide tables and lanterns"),
    # ── People: who invites sees them; headquarters and the auditor look on; the colleague is the association's
    Row("people",
        "in in in                                    | 403 200 200     | 403 403 403 403 200 200 200"),
    Row("people_invite",
        "in in in                                    | 403 200 200     | 403 403 403 403 403 403 200"),
    post("people_invite",
        "in in in                                    | 403 422 422     | 403 403 403 403 403 403 422",
        email="no address"),
    post("people_invite",
        "in in in                                    | 403 >people 422 | 403 403 403 403 403 403 >people",
        email="new@member.invalid", organisation="@association.pk", role="member", language="en"),
    post("people_invite",
        "in in in                                    | 403 422 422     | 403 403 403 403 403 403 >people",
        email="new@customs.invalid", organisation="@draft.notice.office_id", role="approver", language="en"),
    post("seat_end",
        "in in in                                    | 404 >people 404 | 404 404 404 404 403 403 >people"),
    post("person_switch_off",
        "in in in                                    | 403 403 403     | 403 403 403 403 403 403 >people"),
    # ── Webhooks and chat: managers for their association, the administrator for the administration's own
    Row("connections connection_new",
        "in in in                                    | 403 200 200     | 403 403 403 403 403 403 200"),
    post("connection_new",
        "in in in                                    | 403 422 422     | 403 403 403 403 403 403 422",
        name="Inside", url="https://10.0.0.1/", preset="standard", language="en"),
    post("connection_new",
        "in in in                     | 403 >connection >connection    | 403 403 403 403 403 403 >connection",
        name="Booking", url="https://hooks.partner.example/", preset="standard", language="en"),
    Row("connection",
        "in in in                                    | 403 200 404     | 403 403 403 403 403 403 404",
        of="connection"),
    post("connection_act",
        "in in in                                    | 403 >connection 404 | 403 403 403 403 403 403 404",
        of="connection"),
    # ── Keys of programs: who writes or decides at an office, and headquarters for every office
    Row("api_keys api_key_new",
        "in in in                                    | 403 403 403     | 200 200 200 403 200 403 403"),
    post("api_key_new",
        "in in in                                    | 403 403 403     | 422 422 422 403 422 403 403",
        scopes="notices:draft", days="90"),
    post("api_key_new",
        "in in in                                    | 403 403 403     | 200 200 200 403 200 403 403",
        name="Port system", scopes="notices:draft", days="90", organisation="@office.pk"),
    post("api_key_revoke",
        "in in in                     | 403 403 403 | >api_keys >api_keys 404 403 >api_keys 403 403", of="api_key"),
    # ── Offices: the administrator alone
    Row("offices office_new",
        "in in in                                    | 403 403 403     | 403 403 403 403 403 403 200"),
    Row("office",
        "in in in                                    | 403 403 403     | 403 403 403 403 403 403 200", of="office"),
    post("office_new",
        "in in in                                    | 403 403 403     | 403 403 403 403 403 403 422",
        code="Not a code"),
    post("office",
        "in in in                                    | 403 403 403     | 403 403 403 403 403 403 422",
        of="office", name_en=" "),
    # ── Two people change a key: an administrator asks, another or headquarters confirms
    Row("person_email",
        "in in in                                    | 403 403 403     | 403 403 403 403 403 403 200"),
    post("person_email",
        "in in in                                    | 403 403 403     | 403 403 403 403 403 403 422",
        email="no address"),
    post("person_email",
        "in in in                                    | 403 403 403     | 403 403 403 403 403 403 >people",
        email="new@member.invalid"),
    post("factor_reset",
        "in in in                                    | 403 403 403     | 403 403 403 403 403 403 >people"),
    post("change_confirm",
        "in in in                                    | 404 404 404     | 404 404 404 404 >people 403 >people",
        of="change"),
    post("change_refuse",
        "in in in                                    | 404 404 404     | 404 404 404 404 >people 403 >people",
        of="change"),
    # ── Associations that ask to take part: headquarters and the administrator decide
    Row("applications application",
        "in in in                                    | 403 403 403     | 403 403 403 403 200 403 200",
        of="application"),
    post("application_accept",
        "in in in                     | 403 403 403 | 403 403 403 403 >applications 403 >applications",
        of="application"),
    post("application_decline",
        "in in in                     | 403 403 403 | 403 403 403 403 >applications 403 >applications",
        of="application", reason="We do not know you."),
    # ── Member lists: the association alone; customs never
    Row("lists",
        "in in in                                    | 200 200 200     | 403 403 403 403 403 403 403"),
    Row("list_new",
        "in in in                                    | 403 200 200     | 403 403 403 403 403 403 403"),
    post("list_new",
        "in in in                                    | 403 >list >list | 403 403 403 403 403 403 403", **LIST),
    Row("list list_edit list_export",
        "in in in                                    | 403 200 404     | 404 404 404 404 404 404 404",
        of="member_list"),
    post("list_edit",
        "in in in                                    | 403 >list 404   | 404 404 404 404 404 404 404",
        of="member_list", **LIST),
    post("list_upload",
        "in in in                                    | 403 422 404     | 404 404 404 404 404 404 404",
        of="member_list"),
    post("member_try_again",
        "in in in                                    | 403 >list 404   | 404 404 404 404 404 404 404",
        of="member_list"),
    Row("import import_refused",
        "in in in                                    | 403 200 404     | 404 404 404 404 404 404 404",
        of="dry_run"),
    post("import",
        "in in in                                    | 403 >import 404 | 404 404 404 404 404 404 404",
        of="dry_run"),
    post("import_apply",
        "in in in                                    | 403 >import 404 | 404 404 404 404 404 404 404",
        of="dry_run", **APPLY),
    post("import_take_back",
        "in in in                                    | 403 >list 404   | 404 404 404 404 404 404 404",
        of="imported"),
    # ── The association's dashboard
    Row("association_home",
        "in in in                       | >association >association >association | 403 403 403 403 403 403 403"),
    Row("association",
        "in in in                                    | 200 200 404     | 404 404 404 404 404 404 404"),
    post("association_mark",
        "in in in                       | >association >association 404 | 404 404 404 404 404 404 404"),
    post("association_relay",
        "in in in                              | 403 >association 404  | 404 404 404 404 404 404 404",
        of="issued", means="portal"),
    # ── The officer's desk: links | association | author approver other-office liaison hq auditor administrator
    Row("desk",
        "in in in | >association_home >association_home >association_home | 200 200 200 >home 200 200 >home"),
    Row("notice_new",
        "in in in                        | 403 403 403 | 200 403 200 403 403 403 403"),
    Row("templates",
        "in in in                        | 403 403 403 | 200 200 200 403 200 200 403"),
    Row("template_new template",
        "in in in                        | 403 403 403 | 403 403 403 403 200 403 403"),
    post("template_new template",
        "in in in                        | 403 403 403 | 403 403 403 403 422 403 403"),
    post("template_remove",
        "in in in                        | 403 403 403 | 403 403 403 403 >templates 403 403"),
    # What came from outside: the office's own people; whoever writes for it acts
    Row("incoming sources",
        "in in in                        | 403 403 403 | 200 200 200 403 200 200 403"),
    post("incoming",
        "in in in                        | 403 403 403 | 422 403 422 403 403 403 403"),
    Row("incoming_item",
        "in in in                        | 403 403 403 | 200 200 404 403 200 200 403", of="item"),
    post("incoming_act",
        "in in in                        | 403 403 403 | >incoming 403 404 403 403 403 403", of="item"),
    Row("source_new",
        "in in in                        | 403 403 403 | 200 403 200 403 200 403 403"),
    post("source_new",
        "in in in                        | 403 403 403 | 422 403 422 403 422 403 403", url="https://10.0.0.1/"),
    post("source_act",
        "in in in                        | 403 403 403 | >sources 403 404 403 >sources 403 403", of="source"),
    Row("version_edit",
        "in in in                        | 404 404 404 | 200 403 404 404 403 403 404", of="draft"),
    Row("version_edit",
        "in in in                        | 404 404 404 | >version_preview 403 404 404 403 403 404", of="pending"),
    Row("version_preview version_mail",
        "in in in                        | 404 404 404 | 200 200 404 404 200 200 404", of="draft"),
    Row("version_preview version_mail",
        "in in in                        | 404 404 404 | 200 200 404 404 200 200 404", of="pending"),
    post("version_edit",
        "in in in                        | 404 404 404 | 422 403 404 404 403 403 404", of="draft"),
    post("version_discard",
        "in in in                        | 404 404 404 | >version_edit 403 404 404 403 403 404", of="draft"),
    post("version_live",
        "200 200 200                     | 404 404 404 | 200 403 404 404 403 403 404", of="draft"),
    post("version_submit",
        "in in in                        | 404 404 404 | >desk 403 404 404 403 403 404", of="draft"),
    post("version_test",
        "in in in                        | 404 404 404 | >version_preview >version_preview 404 404 >version_preview"
        " >version_preview 404", of="draft"),
    Row("version_decide",
        "in in in                        | 404 404 404 | 403 200 404 404 403 403 404", of="pending"),
    post("version_decide",
        "in in in                        | 404 404 404 | 403 >sending 404 404 403 403 404",
        of="pending", digest="@pending.digest"),
    Row("version_alone",
        "in in in                        | 404 404 404 | 200 403 404 404 403 403 404", of="pending"),
    post("version_alone",
        "in in in                        | 404 404 404 | 422 403 404 404 403 403 404",
        of="pending", digest="@pending.digest"),
    Row("version_review",
        "in in in                        | 404 404 404 | 403 200 404 404 200 403 404", of="alone"),
    post("version_review",
        "in in in                        | 404 404 404 | 403 422 404 404 422 403 404", of="alone", finding="none"),
    post("version_review",
        "in in in          | 404 404 404 | 403 >version_preview 404 404 >version_preview 403 404",
        of="alone", finding="confirmed"),
    post("version_hour",
        "in in in                        | 404 404 404 | >version_preview 403 404 404 403 403 404", of="draft"),
    post("version_unschedule",
        "in in in                        | 404 404 404 | >version_preview >version_preview 404 404 403 403 404",
        of="scheduled"),
    post("version_publish",
        "in in in                        | 404 404 404 | 403 >sending 404 404 403 403 404", of="scheduled"),
    post("version_revise",
        "in in in                        | 404 404 404 | >version_edit 403 404 404 403 403 404", of="issued"),
    Row("version_correct",
        "in in in                        | 404 404 404 | 200 403 404 404 403 403 404", of="issued"),
    post("version_correct",
        "in in in                        | 404 404 404 | >version_edit 403 404 404 403 403 404",
        of="issued", note_en="The end was wrong."),
    Row("sending",
        "in in in                        | 404 404 404 | 200 200 404 200 200 200 404", of="issued"),
    post("sending_control",
        "in in in                        | 404 404 404 | >sending >sending 404 403 >sending 403 404", of="issued"),
    # ── The counter and headquarters
    Row("case_queue",
        "in in in                        | 403 403 403 | 200 200 200 200 200 403 403"),
    Row("case_detail case_file",
        "in in in                        | 404 404 404 | 200 200 404 200 200 404 404"),
    post("case_detail",
        "in in in                        | 404 404 404 | >case_detail >case_detail 404 >case_detail >case_detail"
        " 404 404", text="Yes, he may.", said="1"),
    post("case_detail",
        "in in in                        | 404 404 404 | >case_detail >case_detail 404 >case_detail >case_detail"
        " 404 404", step="take"),
    post("case_detail",
        "in in in                        | 404 404 404 | >case_detail >case_detail 404 >case_detail >case_detail"
        " 404 404", step="note", **{"note-text": "Ask the port."}),
    post("case_detail",
        "in in in                        | 404 404 404 | 422 422 404 422 422 404 404", step="move"),
    post("case_keep",
        "200 200 200                     | 404 404 404 | 200 200 404 200 200 404 404", text="Yes, he", said="1"),
    Row("headquarters",
        "in in in                        | 403 403 403 | 403 403 403 200 200 200 403"),
    Row("crises_kept crisis_new crisis_edit",
        "in in in                        | 403 403 403 | 403 403 403 403 200 403 403"),
    post("crisis_new crisis_edit",
        "in in in                        | 403 403 403 | 403 403 403 403 422 403 403"),
    post("crisis_level partner_check",
        "in in in                        | 403 403 403 | 403 403 403 403 >crisis_edit 403 403"),
    Row("outbound",
        "in in in                        | 403 403 403 | 403 403 403 403 200 403 200"),
    post("outbound",
        "in in in                        | 403 403 403 | 403 403 403 403 422 403 422"),
    # ── allauth: pages at the entrance are for whoever is signed out; one's own account is for the person signed in
    Row("account_inactive account_reset_password account_reset_password_done"
        " account_reset_password_from_key account_reset_password_from_key_done", "200"),
    Row("account_login",
        "200 200 200 | " + WELCOME),
    Row("mfa_authenticate",
        "in in in    | " + WELCOME),
    Row("account_logout", ">home >home >home | 200 200 200 | 200 200 200 200 200 200 200"),
    Row("account_change_password mfa_index", OWN),
    Row("account_reauthenticate", own("200", ">mfa_reauthenticate")),
    Row("mfa_reauthenticate", own(">account_reauthenticate", "200")),
    Row("mfa_activate_totp", own("200", ">mfa_deactivate_totp")),
    Row("mfa_deactivate_totp", own("404", "200")),
    Row("mfa_generate_recovery_codes", own("200")),
    Row("mfa_view_recovery_codes mfa_download_recovery_codes", own("404")),  # nobody here has made any
]  # fmt: skip
