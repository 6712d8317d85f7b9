"""What identifies somebody is taken out of a text, and nothing that it says is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.blackout import BLACK, addresses, blacked_out

DESK = frozenset({"erasmus.ims@unimi.it"})


@pytest.mark.parametrize(
    ("text", "left", "removed"),
    [
        (
            "Ciao Giulia, per il Brasile serve. Un saluto, Marco",
            "Per il Brasile serve.",
            ("Ciao Giulia,", "Un saluto, Marco"),
        ),
        (
            "Gentile dott.ssa Rossi,\nsi può?\nGrazie mille\nAnna",
            "Si può?",
            ("Gentile dott.ssa Rossi,", "Grazie mille\nAnna"),
        ),
        ("Dear Prof. Rossi, may I? Best regards. Thanks", "May I?", ("Dear Prof. Rossi,", "Best regards. Thanks")),
        ("Hi! when?", "When?", ("Hi!",)),
        ("Call me: +39 333 123 4567.", "Call me: █.", ("+39 333 123 4567",)),
        ("Call 02 5032 1234 or 02/50321234", "Call █ or █", ("02 5032 1234", "02/50321234")),
        ("my matricola is A98765, not 985432", "My matricola is █, not █", ("A98765", "985432")),
        ("IBAN IT60 X054 2811 1010 0000 0123 456!", "IBAN █!", ("IT60 X054 2811 1010 0000 0123 456",)),
        ("cf RSSGLI99A41F205X", "Cf █", ("RSSGLI99A41F205X",)),
        ("passport YA1234567", "Passport █", ("YA1234567",)),
        ("I am @giulia_r or t.me/giulia", "I am █ or █", ("@giulia_r", "t.me/giulia")),
        ("Mi chiamo anna e my name is Anna Verdi", "Mi chiamo █ e my name is █", ("anna", "Anna Verdi")),
        ("Sono Anna Verdi, posso?", "Sono █, posso?", ("Anna Verdi",)),
        ("Write to mario.rossi@unimi.it.", "Write to █.", ("mario.rossi@unimi.it.",)),
    ],
)
def test_what_identifies_is_taken_out(text: str, left: str, removed: tuple[str, ...]) -> None:
    cleaned = blacked_out(text, kept=DESK)
    assert cleaned.text == left
    assert {each.rstrip(".") for each in cleaned.removed} == {each.rstrip(".") for each in removed}


@pytest.mark.parametrize(
    "text",
    [
        "Write to erasmus.ims@unimi.it by 15 February 2027.",
        "From 2027-02-15 to 20/03/2027, that is 15.02.2027-20.03.2027.",
        "In 2026/2027 and 2026-27 the grant is 350.00 EUR, 150000 EUR at most.",
        "Thanks for asking! The call opens in May.",
        "Sono Italiana, posso?",
        "Hi there is a letter of thanks",
        "Grazie",
        "Ciao",
        "12 CFU, 50 hours, 4th to 6th year",
    ],
)
def test_what_does_not_is_left(text: str) -> None:
    assert blacked_out(text, kept=DESK) == type(blacked_out(""))(text)


def test_names_of_those_who_wrote_are_taken_out_wherever_they_stand() -> None:
    cleaned = blacked_out("Giulia asked and Tina answered, Tinas did not.", ["Tina", "Giulia", "", "A"])
    assert cleaned.text == f"{BLACK} asked and {BLACK} answered, Tinas did not."
    assert cleaned.removed == ("Tina", "Giulia")


def test_the_addresses_of_texts() -> None:
    assert addresses(["Write to Erasmus.IMS@unimi.it.", "none"]) == DESK


@given(st.text(max_size=200))
def test_any_text_is_taken(text: str) -> None:
    cleaned = blacked_out(text, ["Ada"])
    assert len(cleaned.text) <= 3 * len(text)
    assert bool(cleaned.text) or not text.strip() or cleaned.removed


@pytest.mark.parametrize(
    "said",
    [
        "giulia.rossi@studenti.unimi.it", "@nicolò", "+39 333 123 4567", "333-1234567", "02/5031 1234", "987654",
        "1234567", "D12345", "RSSMRA85M01H501Z", "IT60X0542811101000000123456", "https://t.me/giulia", "t.me/giulia",
        "www.facebook.com/giulia.rossi", "https://instagram.com/giulia",
    ],
)  # fmt: skip
def test_whatever_leads_to_a_person_is_black(said: str) -> None:
    assert blacked_out(f"Write to {said} please").text == f"Write to {BLACK} please"


@pytest.mark.parametrize(
    "kept",
    [
        "May I leave in 2027 or in 2027/28?", "From 2027-01-15 to 2027-02-15", "Dal 15/01/2027 al 15.02.27",
        "12 months, 5th year, 300 euro, 24 CFU", "Erasmus+ or free mover?", "See https://www.unimi.it/it/node/1234",
        "See https://www.linux.com/x and dropbox.com/s/abc", "20122 Milano",
    ],
)  # fmt: skip
def test_years_days_small_numbers_and_pages_of_offices_stay(kept: str) -> None:
    assert blacked_out(kept).text == kept
