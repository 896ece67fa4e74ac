"""What is said to each reader in the language of the mail, as SQL: the greeting, and why it is sent.

The rows that it reads have language, name, rank and lists, as `audience.people` makes them.
"""

from __future__ import annotations

# An Arabic reader is written to in French as long as no notice has an Arabic text.
INSTEAD = {"ar": "fr"}
# language → (before the name, after it, without a name)
GREETINGS = {
    "en": ("Hello ", ",", "Hello,"),
    "fr": ("Bonjour ", ",", "Bonjour,"),
    "es": ("Hola, ", ":", "Hola:"),
}
# language → (before the reasons, own choice, before each list, whoever had an earlier version)
REASONS = {
    "en": ("Why: ", "your own choice", "member list ", "you had an earlier version"),
    "fr": ("Pourquoi : ", "votre propre choix", "liste de membres ", "vous aviez reçu une version précédente"),
    "es": ("Por qué: ", "su propia elección", "lista de miembros ", "recibió una versión anterior"),
}


def _language() -> str:
    cases = " ".join(f"WHEN '{typed}' THEN '{spoken}'" for typed, spoken in INSTEAD.items())
    return f"CASE language {cases} ELSE language END"


def _greetings() -> str:
    """A missing name gives a neutral greeting, never a gap."""
    cases = [
        f"WHEN language = '{language}' THEN CASE name WHEN '' THEN '{bare}' ELSE '{before}' || name || '{after}' END"
        for language, (before, after, bare) in GREETINGS.items()
    ]
    before, after, bare = GREETINGS["en"]
    return " ".join(cases) + f" ELSE CASE name WHEN '' THEN '{bare}' ELSE '{before}' || name || '{after}' END"


def _reasons() -> str:
    """Everything that brings it to this mailbox, each list once; a machine is told nothing."""
    spoken = [
        f"WHEN language = '{language}' THEN {_reasons_in(*words)}"
        for language, words in REASONS.items()
        if language != "en"
    ]
    return " ".join(["WHEN rank = 3 THEN ''", *spoken, f"ELSE {_reasons_in(*REASONS['en'])}"])


def _reasons_in(before: str, own: str, on_list: str, earlier: str) -> str:
    several = f"(SELECT string_agg(DISTINCT one, '; {on_list}') FROM unnest(lists) AS one)"  # noqa: S608 - constants
    lists = f"'{on_list}' || CASE WHEN lists[2] IS NULL THEN lists[1] ELSE {several} END"
    return (
        f"'{before}' || concat_ws('; ', CASE rank WHEN 0 THEN '{own}' END, {lists},"
        f" CASE WHEN rank = 2 THEN '{earlier}' END)"
    )


CASES = {"language": _language(), "greetings": _greetings(), "reasons": _reasons()}
