"""What each trainer is given, called as its code calls it; docs/trainers names the versions that were read."""

import asyncio
import importlib.util
import inspect
import pickle
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from reward_stub import Reply, RewardStub, outcomes, refusal, scored, served

import majlis_reward
from majlis_reward import (
    MajlisEnv,
    NotScoredError,
    RewardError,
    TrlReward,
    compute_score,
    compute_score_async,
    last_user_message,
    reward_func,
    slime_keep_scored,
    slime_reward,
)

ABSTAINED = {"kind": "abstained", "reason": "no rule applies"}
FAILED = {"kind": "judge_failed", "reason": "refused", "retryable": False}
CHAT = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "question"}]


def asked(stub: RewardStub) -> list[tuple[str, str | None, str]]:
    """Every prompt, locale and answer that arrived."""
    items = [item for request in stub.requests for item in request["items"]]
    return [(item["prompt"], item.get("locale"), answer["text"]) for item in items for answer in item["answers"]]


class TestVerl:
    def test_scores_an_answer_to_the_question_in_extra_info(self) -> None:
        with served() as stub:
            extra: dict[str, Any] = {"prompt": "question", "locale": "ar", "num_turns": None, "rollout_reward_scores": {}}
            assert compute_score("data", "answer", "truth", extra, url=stub.url) == 6
            arguments: dict[str, Any] = {"data_source": "data", "solution_str": "answers", "ground_truth": "truth"}
            arguments |= {"extra_info": {"question": CHAT}, "reward_router_address": "x"}
            assert asyncio.run(compute_score_async(**arguments, prompt_key="question", url=stub.url)) == 7
        assert asked(stub) == [("question", "ar", "answer"), ("question", None, "answers")]

    def test_is_told_by_an_exception_where_there_is_no_reward(self) -> None:
        with served(outcomes([ABSTAINED])) as stub, pytest.raises(NotScoredError, match="abstained: no rule applies"):
            compute_score("data", "answer", "truth", {"prompt": "question"}, url=stub.url)

    def test_is_told_where_to_put_the_question(self) -> None:
        with pytest.raises(ValueError, match=r"no 'prompt'.*reward_kwargs\.prompt_key"):
            compute_score("data", "answer", "truth", {}, url="http://127.0.0.1:1")

    def test_tells_the_coroutine_from_the_function(self) -> None:
        assert inspect.iscoroutinefunction(compute_score_async)
        assert not inspect.iscoroutinefunction(compute_score)


class TestTrl:
    def test_gets_none_for_what_was_not_scored_and_logs_its_share(self) -> None:
        logged: dict[str, float] = {}
        with served(outcomes([scored(1), ABSTAINED], [FAILED, scored(2)])) as stub:
            rewards = TrlReward(stub.url)(
                prompts=["p", "p", "q", "q"],
                completions=["a", "b", "c", "d"],
                completion_ids=[[1], [2], [3], [4]],
                locale=["ar", "ar", "ko", "ko"],
                trainer_state=None,
                log_metric=logged.__setitem__,
                other_column=[1, 2, 3, 4],
            )
        assert rewards == [1, None, None, 2]
        assert logged == {"majlis/unscored": 0.5}
        assert asked(stub) == [("p", "ar", "a"), ("p", "ar", "b"), ("q", "ko", "c"), ("q", "ko", "d")]

    def test_ends_at_a_failed_judge_if_told_so_and_never_at_an_abstention(self) -> None:
        with served(outcomes([ABSTAINED]), outcomes([FAILED])) as stub:
            reward = TrlReward(stub.url, on_failure="raise")
            assert reward(prompts=["p"], completions=["a"]) == [None]
            with pytest.raises(NotScoredError, match="judge_failed: refused"):
                reward(prompts=["p"], completions=["a"])

    def test_ends_where_the_service_refuses(self) -> None:
        with (
            served(refusal(401, "unauthenticated", "no such token")) as stub,
            pytest.raises(RewardError, match="no such token"),
        ):
            TrlReward(stub.url)(prompts=["p"], completions=["a"])

    def test_reads_conversations_of_one_question(self) -> None:
        answer = [{"role": "assistant", "content": "a"}]
        with served() as stub:
            TrlReward(stub.url)(prompts=[CHAT[1:]], completions=[answer])
            TrlReward(stub.url, question=last_user_message)(prompts=[CHAT], completions=[answer])
            with pytest.raises(ValueError, match="found messages by system, user"):
                TrlReward(stub.url)(prompts=[CHAT], completions=[answer])
        assert asked(stub) == [("question", None, "a")] * 2

    def test_can_send_it_to_another_process(self) -> None:
        with served() as stub:
            reward = pickle.loads(pickle.dumps(TrlReward(stub.url, name="culture")))
            assert reward(prompts=["p"], completions=["a"]) == [1]
        assert reward.__name__ == "culture"


class TestSkyRl:
    def test_steps_once_through_an_episode(self) -> None:
        with served() as stub:
            env = MajlisEnv(env_config=SimpleNamespace(url=stub.url), extras={"locale": "ar", "max_turns": 1})
            assert env.init(CHAT) == (CHAT, {})
            step = env.step("answer")
        assert (step["reward"], step["done"], step["observations"]) == (6, True, [])
        assert step["metadata"] == {"rubric_hash": "rubric-1", "reward_model_hash": "model-1"}
        assert asked(stub) == [("question", "ar", "answer")]

    def test_is_told_by_an_exception_where_there_is_no_reward(self) -> None:
        with served(outcomes([FAILED])) as stub:
            env = MajlisEnv(SimpleNamespace(url=stub.url))
            env.init(CHAT)
            with pytest.raises(NotScoredError):
                env.step("answer")


UNSCORED = {"code": "failed_precondition", "detail": "1 of 1 answers have no reward", "unscored": []}


class TestOpenRlhf:
    def test_gets_what_its_own_contract_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        told = {"rewards": [0.5], "scores": [0.6], "extra_logs": {"malformed": [0]}}
        with served((200, told, {})) as stub:
            monkeypatch.setenv("MAJLIS_REWARD_URL", f"{stub.url}?label=locale")
            assert reward_func(["p a"], ["p "], ["ar"]) == told
        assert stub.requests == [{"query": ["p a"], "prompts": ["p "], "labels": ["ar"]}]
        assert stub.paths == ["/get_reward?reward=active&label=locale"]

    def test_is_told_by_an_exception_where_there_is_no_reward(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with served((422, UNSCORED, {})) as stub:
            monkeypatch.setenv("MAJLIS_REWARD_URL", stub.url)
            with pytest.raises(RewardError, match="1 of 1 answers have no reward"):
                reward_func(["p a"], ["p "], [""])


class TestSlime:
    def test_gets_one_reward_or_those_of_a_group_and_drops_groups_without(self) -> None:
        def told(request: dict[str, Any]) -> Reply:
            return (200, 0.5, {}) if request["response"] == "a" else (422, UNSCORED, {})

        group = [SimpleNamespace(prompt="p", response=text, label="l", metadata={}, reward=None) for text in ("a", "b")]
        group[0].metadata = {"locale": "ko"}
        with served(told) as stub:
            args = SimpleNamespace(rm_url=stub.url)
            assert asyncio.run(slime_reward(args, group[0])) == 0.5
            rewards = asyncio.run(slime_reward(args, group, evaluation=False))
        assert stub.requests[0] == {"prompt": "p", "response": "a", "label": "l"}
        assert sorted(stub.paths) == ["/?reward=active", *["/?reward=active&locale=ko"] * 2]
        for sample, reward in zip(group, rewards, strict=True):
            sample.reward = reward
        assert rewards == [0.5, None]
        assert not slime_keep_scored(args, group)
        assert slime_keep_scored(args, group[:1])

    def test_ends_where_the_service_refuses_and_where_it_tells_no_number(self) -> None:
        sample = SimpleNamespace(prompt="p", response="a", label=None, metadata=None)
        with served(refusal(412, "failed_precondition", "not loaded"), (200, None, {})) as stub:
            args = SimpleNamespace(rm_url=stub.url)
            with pytest.raises(RewardError, match="not loaded"):
                asyncio.run(slime_reward(args, sample))
            with pytest.raises(ValueError, match="found None where a number belongs"):
                asyncio.run(slime_reward(args, sample))

    def test_asks_a_judge_that_fails_for_now_some_times(self, pauses: list[float]) -> None:
        sample = SimpleNamespace(prompt="p", response="a", label=None, metadata=None)
        busy = (503, UNSCORED | {"code": "unavailable"}, {"retry-after": "5"})
        with served(busy) as stub:
            assert asyncio.run(slime_reward(SimpleNamespace(rm_url=stub.url), sample)) is None
        assert pauses == [5, 5, 5, 5]


def test_the_file_can_be_loaded_as_verl_and_openrlhf_load_it_without_a_name_in_sys_modules() -> None:
    spec = importlib.util.spec_from_file_location("reward_func", majlis_reward.__file__)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert "reward_func" not in sys.modules
    with served() as stub:
        assert module.compute_score("data", "answer", "truth", {"prompt": "question"}, url=stub.url) == 6


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="MAJLIS_REWARD_URL: found nothing"):
        majlis_reward.client_of_environment()
    monkeypatch.setenv("MAJLIS_REWARD_TIMEOUT", "2 min")
    with pytest.raises(ValueError, match="MAJLIS_REWARD_TIMEOUT: found '2 min'; allowed: seconds"):
        majlis_reward.client_of_environment("http://host")
    with served() as stub:
        settings = {"URL": stub.url, "NAME": "shadow", "LOCALE": "ja", "TIMEOUT": "5", "TOKEN": "secret"}
        for name, value in settings.items():
            monkeypatch.setenv(f"MAJLIS_REWARD_{name}", value)
        majlis_reward.client_of_environment().score(["p"], ["a"])
    assert stub.requests[0]["reward"] == {"alias": "shadow"}
    assert stub.requests[0]["deadline_ms"] <= 5000
    assert stub.headers[0]["authorization"] == "Bearer secret"
    assert asked(stub) == [("p", "ja", "a")]
