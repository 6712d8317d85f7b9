from __future__ import annotations

import pytest

from bot.playground.faults import Fault, FaultKind, Faults


class Changes:
    """Counts how often it was told of a change."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def new_faults(*faults: Fault, seed: int = 0) -> Faults:
    found = Faults(seed, Changes())
    for fault in faults:
        found.add(fault)
    return found


def fates(faults: Faults, chat_id: int, calls: int = 40) -> list[bool]:
    return [bool(faults.strike("sendMessage", chat_id)) for _ in range(calls)]


@pytest.mark.parametrize(
    ("kind", "code", "why"),
    [
        (FaultKind.TOO_MANY, 429, "Too Many Requests: retry after 5"),
        (FaultKind.BLOCKED, 403, "Forbidden: bot was blocked by the user"),
        (FaultKind.DEACTIVATED, 403, "Forbidden: user is deactivated"),
        (FaultKind.NOT_FOUND, 400, "Bad Request: chat not found"),
        (FaultKind.SERVER_ERROR, 500, "Internal Server Error"),
    ],
)
def test_a_refusing_fault_has_telegrams_answer(kind: FaultKind, code: int, why: str) -> None:
    error = Fault(kind).error()
    assert (error.code, str(error), error.html) == (code, why, False)


def test_a_broken_gateway_answers_with_a_web_page() -> None:
    error = Fault(FaultKind.BAD_GATEWAY).error()
    assert (error.code, error.html) == (502, True)


def test_a_fault_strikes_the_method_and_chat_it_names() -> None:
    everything, sends, ours = (
        Fault(FaultKind.SLOW),
        Fault(FaultKind.SLOW, "sendMessage"),
        Fault(FaultKind.SLOW, None, 7),
    )
    faults = new_faults(everything, sends, ours)
    assert faults.strike("sendMessage", 7) == [everything, sends, ours]
    assert faults.strike("sendMessage", 8) == [everything, sends]
    assert faults.strike("getMe", None) == [everything]


def test_a_pattern_strikes_all_methods_of_its_kind() -> None:
    sends = Fault(FaultKind.BLOCKED, "send*", 7)
    faults = new_faults(sends)
    struck = [method for method in ("sendMessage", "sendDocument", "getUpdates") if faults.strike(method, 7)]
    assert struck == ["sendMessage", "sendDocument"]
    assert faults.strike("sendMessage", 8) == []


def test_a_fault_ends_after_its_times() -> None:
    faults = new_faults(Fault(FaultKind.BLOCKED, times=2))
    assert fates(faults, 7, 3) == [True, True, False]
    assert not faults


def test_a_probable_fault_is_decided_by_the_seed_and_the_calls_of_one_chat() -> None:
    half = Fault(FaultKind.SERVER_ERROR, probability=0.5)
    alone = fates(new_faults(half), 7)
    assert 8 < sum(alone) < 32
    assert fates(new_faults(half, seed=1), 7) != alone
    crowded = new_faults(half)
    mixed = []
    for _ in range(40):
        crowded.strike("sendMessage", 8)
        mixed.append(bool(crowded.strike("sendMessage", 7)))
    assert mixed == alone
    assert not any(fates(new_faults(Fault(FaultKind.SLOW, probability=0)), 7))


def test_faults_are_listed_and_taken_back_and_every_change_is_told() -> None:
    told = Changes()
    faults = Faults(0, told)
    number = faults.add(Fault(FaultKind.TOO_MANY, "sendMessage", times=3, seconds=9))
    assert faults.listed() == [
        {
            "number": number,
            "kind": "too-many",
            "method": "sendMessage",
            "chat_id": None,
            "probability": 1.0,
            "times": 3,
            "seconds": 9,
            "left": 3,
        }
    ]
    faults.remove(number)
    faults.remove(number)
    assert told.count == 2
    faults.add(Fault(FaultKind.SLOW))
    faults.clear()
    assert (told.count, faults.listed(), bool(faults)) == (4, [], False)
