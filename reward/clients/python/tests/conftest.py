import os

import pytest

import majlis_reward


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test hears of the settings of the person who runs it, nor of another test's client."""
    for name in [name for name in os.environ if name.startswith("MAJLIS_REWARD_")]:
        monkeypatch.delenv(name)
    majlis_reward._clients.clear()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the client would have made."""
    made: list[float] = []
    monkeypatch.setattr("majlis_reward.time.sleep", made.append)
    return made
