"""The plain client against a server that answers as a test says."""

import asyncio
import pickle
import socket
import threading

import pytest
from reward_stub import HASHES, Reply, outcomes, refusal, scored, served

from majlis_reward import NotScoredError, Outcome, RewardClient, RewardError


def test_answers_of_one_prompt_are_one_item_and_come_back_in_order() -> None:
    with served() as stub:
        client = RewardClient(stub.url, locale="ar")
        found = client.score(["p", "p", "q", "p"], ["1", "22", "333", "4444"])
    assert [outcome.reward for outcome in found] == [1, 2, 3, 4]
    assert {(one.rubric_hash, one.reward_model_hash) for one in found} == {tuple(HASHES.values())}
    [request] = stub.requests
    assert request["reward"] == {"alias": "active"}
    assert request["items"] == [
        {"prompt": "p", "locale": "ar", "answers": [{"text": "1"}, {"text": "22"}]},
        {"prompt": "q", "locale": "ar", "answers": [{"text": "333"}]},
        {"prompt": "p", "locale": "ar", "answers": [{"text": "4444"}]},
    ]
    assert 0 < request["deadline_ms"] <= 120_000


def test_a_reward_may_be_named_by_its_hashes_and_a_locale_for_each_answer() -> None:
    with served() as stub:
        RewardClient(stub.url, reward="r1/m1").score(["p", "p"], ["a", "b"], locale=["ar", None])
    assert stub.requests[0]["reward"] == {"rubric_hash": "r1", "reward_model_hash": "m1"}
    assert [item.get("locale") for item in stub.requests[0]["items"]] == ["ar", None]


def test_only_what_was_scored_is_a_number() -> None:
    told = [
        scored(0.0),
        {"kind": "abstained", "reason": "no rule applies"},
        {"kind": "judge_failed", "reason": "refused", "retryable": False},
        {"kind": "unparseable", "reason": "maybe"},
        {"kind": "policy_malformed", "reason": "no text", "reward": -1.5},
    ]
    with served(outcomes(told)) as stub:
        found = RewardClient(stub.url).score(["p"] * 5, ["a"] * 5)
    assert [outcome.reward for outcome in found] == [0.0, None, None, None, -1.5]
    assert [outcome.reason for outcome in found] == ["", "no rule applies", "refused", "maybe", "no text"]
    with pytest.raises(NotScoredError, match="abstained: no rule applies") as raised:
        found[1].number()
    assert pickle.loads(pickle.dumps(raised.value)).outcome == found[1]


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {**HASHES, "outcomes": []},
        {**HASHES, "outcomes": [[{"kind": "scored"}]]},
        {**HASHES, "outcomes": [[{"kind": "scored", "reward": None}]]},
        {**HASHES, "outcomes": [[{"kind": "scored", "reward": float("nan")}]]},
        {**HASHES, "outcomes": [[{"kind": "scored", "reward": True}]]},
        {**HASHES, "outcomes": [[{"kind": "good"}]]},
        {**HASHES, "outcomes": [[scored(1), scored(2)]]},
        b"<html>",
        b"\xff",
    ],
)
def test_a_reply_that_does_not_fit_is_an_error_that_no_second_try_mends(reply: object) -> None:
    with served((200, reply, {})) as stub, pytest.raises(RewardError) as raised:
        RewardClient(stub.url).score(["p"], ["a"])
    assert raised.value.code == "internal"
    assert len(stub.requests) == 1


def test_a_full_queue_is_asked_again_when_it_says(pauses: list[float]) -> None:
    full = refusal(429, "resource_exhausted", "the queue is full", retry_after="3")
    with served(full, full, outcomes([scored(1)])) as stub:
        assert RewardClient(stub.url).score(["p"], ["a"])[0].reward == 1
    assert pauses == [3, 3]


def test_pauses_grow_until_the_time_is_up(pauses: list[float]) -> None:
    with served(refusal(503, "unavailable", "draining")) as stub:
        client = RewardClient(stub.url, timeout=8)
        # Time stands still while nobody sleeps, so the pauses alone say when it is up.
        with pytest.MonkeyPatch.context() as patch, pytest.raises(RewardError, match="503 draining") as raised:
            patch.setattr("majlis_reward.time.monotonic", lambda: sum(pauses))
            client.score(["p"], ["a"])
    assert (raised.value.code, raised.value.status) == ("unavailable", 503)
    assert sum(pauses) < 8
    for at, pause in enumerate(pauses):
        assert 0.125 * 2**at <= pause <= 0.25 * 2**at


@pytest.mark.parametrize(
    ("status", "code"), [(400, "invalid_argument"), (401, "unauthenticated"), (412, "failed_precondition")]
)
def test_what_no_second_try_mends_is_raised_at_once_with_the_servers_sentence(status: int, code: str) -> None:
    with served(refusal(status, code, "because")) as stub, pytest.raises(RewardError, match=f"{status} because") as raised:
        RewardClient(stub.url).score(["p"], ["a"])
    assert raised.value.code == code
    assert len(stub.requests) == 1


def test_judges_that_failed_for_now_are_asked_again_about_that_alone(pauses: list[float]) -> None:
    fails = {"kind": "judge_failed", "reason": "busy", "retryable": True}
    script = [outcomes([scored(1), fails], [fails]), outcomes([fails], [scored(3)]), outcomes([scored(2)])]
    with served(*script) as stub:
        found = RewardClient(stub.url).score(["p", "p", "q"], ["a", "b", "c"])
    assert [outcome.reward for outcome in found] == [1, 2, 3]
    asked = [[answer["text"] for item in request["items"] for answer in item["answers"]] for request in stub.requests]
    assert asked == [["a", "b", "c"], ["b", "c"], ["b"]]
    assert len(pauses) == 2


def test_a_judge_that_goes_on_failing_is_left_without_a_reward(pauses: list[float]) -> None:
    with served(outcomes([{"kind": "judge_failed", "reason": "busy", "retryable": True}])) as stub:
        [outcome] = RewardClient(stub.url).score(["p"], ["a"])
    assert outcome.reward is None
    assert len(pauses) == 4


def test_connections_are_kept_and_replaced_when_the_server_closed_them(pauses: list[float]) -> None:
    with served(outcomes([scored(1)]), outcomes([scored(2)]), None, outcomes([scored(3)])) as stub:
        client = RewardClient(stub.url)
        assert [client.score(["p"], ["a"])[0].reward for _ in range(3)] == [1, 2, 3]
    assert stub.connections == 2
    assert pauses == []


def test_a_server_that_is_not_there_is_an_error_with_its_address() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(RewardError, match=f"{url} cannot be reached") as raised:
            RewardClient(url, timeout=0.1).score(["p"], ["a"])
    assert (raised.value.code, raised.value.retryable) == ("unavailable", True)


def test_a_server_that_does_not_answer_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(RewardError, match="did not answer in time") as raised:
            RewardClient(url, timeout=0.1).score(["p"], ["a"])
    assert raised.value.code == "deadline_exceeded"


def test_the_token_is_read_from_its_file_at_each_request(tmp_path) -> None:  # type: ignore[no-untyped-def]
    token = tmp_path / "token"
    with served() as stub:
        client = RewardClient(stub.url, token_file=str(token))
        for text in ["first\n", "second\n"]:
            token.write_text(text)
            client.score(["p"], ["a"])
    assert [headers["authorization"] for headers in stub.headers] == ["Bearer first", "Bearer second"]


def test_a_file_for_tls_that_is_of_no_use_is_named_with_what_it_is_for(tmp_path) -> None:  # type: ignore[no-untyped-def]
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    url, none = "https://127.0.0.1:9", tmp_path / "none.pem"
    for client, sentence in (
        (RewardClient(url, ca=str(none)), f"ca {none} cannot be used: .*No such file"),
        (RewardClient(url, ca=str(empty)), f"ca {empty} cannot be used"),
        (RewardClient(url, cert=str(empty)), f"cert {empty} with key {empty} cannot be used"),
    ):
        with pytest.raises(RewardError, match=sentence) as failure:
            client.score(["q"], ["a"])
        assert (failure.value.code, failure.value.retryable) == ("invalid_argument", False)


def test_a_token_in_the_address_is_shown_to_the_server_and_to_nobody_else() -> None:
    with served(refusal(403, "permission_denied", "no")) as stub:
        client = RewardClient(stub.url.replace("//", "//trainer:secret%2F%3D@"))
        with pytest.raises(RewardError) as raised:
            client.score(["p"], ["a"])
    assert stub.headers[0]["authorization"] == "Bearer secret/="
    assert "secret" not in f"{raised.value} {client.url}"


def test_many_answers_are_several_requests_of_a_bearable_size() -> None:
    with served() as stub:
        client = RewardClient(stub.url)
        found = client.score(["p"] * 2500, ["a"] * 2500)
        assert len(found) == 2500
        assert [len(request["items"][0]["answers"]) for request in stub.requests] == [1024, 1024, 452]
        stub.requests.clear()
        assert [one.reward for one in client.score(["p"] * 3, ["a" * 600_000] * 3)] == [600_000] * 3
        assert len(stub.requests) == 3
        assert client.score([], []) == []
        assert len(stub.requests) == 3


def test_a_call_of_several_requests_keeps_to_the_reward_of_the_first() -> None:
    with served() as stub:
        RewardClient(stub.url).score(["p"] * 1025, ["a"] * 1025)
    assert [request["reward"] for request in stub.requests] == [{"alias": "active"}, HASHES]


def test_a_call_whose_reward_is_unloaded_meanwhile_is_begun_anew() -> None:
    gone = refusal(409, "failed_precondition", "not loaded")
    first, last = outcomes([scored(1)] * 1024), {"rubric_hash": "rubric-2", "reward_model_hash": "model-2"}
    second: list[Reply] = [(200, {**last, "outcomes": [[scored(2)] * count]}, {}) for count in (1024, 1)]
    with served(first, gone, *second) as stub:
        found = RewardClient(stub.url).score(["p"] * 1025, ["a"] * 1025)
    assert {(one.reward, one.rubric_hash) for one in found} == {(2, "rubric-2")}
    assert [request["reward"] for request in stub.requests] == [{"alias": "active"}, HASHES, {"alias": "active"}, last]


def test_every_text_arrives_as_it_is() -> None:
    answers = ["مرحبًا", '\u0000\n"\\', "😀", "\ud800 alone"]
    with served() as stub:
        RewardClient(stub.url).score(["p"] * 4, answers)
    assert [answer["text"] for answer in stub.requests[0]["items"][0]["answers"]] == answers


def test_lists_of_different_lengths_and_addresses_of_no_server_are_refused() -> None:
    client = RewardClient("http://127.0.0.1:1")
    with pytest.raises(ValueError, match="2 prompts, 1 answers, 1 locales"):
        client.score(["p", "q"], ["a"])
    for url in ["127.0.0.1:8090", "ftp://host", "http://"]:
        with pytest.raises(ValueError, match="allowed: http://HOST:PORT"):
            RewardClient(url)
    with pytest.raises(ValueError, match="found 'locale=ar'; allowed: label=locale, or none"):
        RewardClient("http://host?locale=ar")
    with pytest.raises(ValueError, match="ca, cert and key: found with an http address"):
        RewardClient("http://host", ca="ca.pem")
    with pytest.raises(FileNotFoundError, match=r"no\.token"):
        RewardClient("http://127.0.0.1:1", token_file="no.token").score(["p"], ["a"])
    with pytest.raises(ValueError, match="token and token_file: found both"):
        RewardClient("http://token@host", token_file="file")


def test_many_at_once_do_not_hold_up_each_other() -> None:
    together = threading.Barrier(8, timeout=10)

    def wait(request: dict[str, object]) -> tuple[int, object, dict[str, str]]:
        together.wait()
        return outcomes([scored(1)])

    async def ask(client: RewardClient) -> list[list[Outcome]]:
        return await asyncio.gather(*[client.score_async(["p"], [str(at)]) for at in range(8)])

    with served(wait) as stub:
        found = asyncio.run(ask(RewardClient(stub.url)))
    assert [outcome.reward for [outcome] in found] == [1.0] * 8


def test_a_client_can_be_pickled_while_it_is_in_use() -> None:
    with served() as stub:
        client = RewardClient(stub.url, token="t")
        client.score(["p"], ["a"])
        assert pickle.loads(pickle.dumps(client)).score(["p"], ["bb"])[0].reward == 2
    assert stub.headers[1]["authorization"] == "Bearer t"
