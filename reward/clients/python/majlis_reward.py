"""Majlis's culture-sensitive reward in your trainer: this one file, and Python 3.10 or newer.

    client = RewardClient("http://127.0.0.1:8090")
    [outcome] = client.score(["أين أسافر في الصيف؟"], ["زُر أسوان، فهي مدينة جميلة على النيل."], locale="ar")
    outcome.reward  # a number, or None where nobody could say

It also has what trainers look for: `compute_score` and `compute_score_async` (verl), `TrlReward` (TRL), `MajlisEnv` (SkyRL),
`reward_func` (OpenRLHF), `slime_reward` and `slime_keep_scored` (slime). They are set up by environment variables:
MAJLIS_REWARD_URL, and where needed MAJLIS_REWARD_NAME (`active`, another alias, or RUBRIC_HASH/MODEL_HASH),
MAJLIS_REWARD_LOCALE, MAJLIS_REWARD_TIMEOUT (seconds), MAJLIS_REWARD_TOKEN or MAJLIS_REWARD_TOKEN_FILE,
MAJLIS_REWARD_CA, MAJLIS_REWARD_CERT and MAJLIS_REWARD_KEY.

Invariant: what was not scored is never a number. It is an outcome without a reward, None, or an exception.
"""

from __future__ import annotations

import asyncio
import functools
import http.client
import itertools
import json
import math
import os
import random
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, cast

if TYPE_CHECKING:  # SkyRL's class is there where SkyRL runs; elsewhere MajlisEnv has the same methods and no base.
    BaseTextEnv = object
else:
    try:
        from skyrl_gym.envs.base_text_env import BaseTextEnv
    except ImportError:
        BaseTextEnv = object

Kind = Literal["scored", "abstained", "judge_failed", "unparseable", "policy_malformed"]
#: Text, or messages {role, content} as chat datasets have them.
Text = str | Sequence[Mapping[str, Any]]

#: As core/errors.ts has them, and what a status means where a proxy answered.
_RETRYABLE = frozenset({"unavailable", "deadline_exceeded", "resource_exhausted", "aborted"})
_CODE_OF_STATUS = {408: "unavailable", 429: "resource_exhausted", 502: "unavailable", 503: "unavailable", 504: "unavailable"}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 15.0  # seconds
_CONNECTIONS = 32
_MOST_ASKED_AGAIN = 4  # times that a failed judge is
#: Answers and characters of one request. A server's own limits are larger.
_MOST_ANSWERS, _MOST_CHARACTERS = 1024, 1 << 20

_Found = TypeVar("_Found")


class RewardError(Exception):
    """The service did not answer: refused, unreachable, or too late. `code` is its error code, `status` that of HTTP."""

    def __init__(self, message: str, *, code: str = "unavailable", status: int | None = None):
        super().__init__(message)
        self.code, self.status = code, status
        self.retryable = code in _RETRYABLE
        self.retry_after: float | None = None
        #: The service looked and has no number for the answer, said by a contract that has no word for that.
        self.is_unscored = False


class NotScoredError(RewardError):
    """There is an answer to the question, and it is no number. Raised where a trainer has no other way to hear that."""

    def __init__(self, outcome: Outcome):
        super().__init__(f"{outcome.kind}: {outcome.reason}", code=outcome.kind)
        self.outcome = outcome

    def __reduce__(self) -> tuple[type[NotScoredError], tuple[Outcome]]:
        return NotScoredError, (self.outcome,)


class Outcome(NamedTuple):
    """What came of one answer. (No dataclass: those cannot be made in a file that trainers load without its module's name.)

    `reward` is a number for `scored`, and the rubric's floor for `policy_malformed`, the policy's own fault; otherwise None.
    """

    kind: Kind
    reward: float | None = None
    reason: str = ""
    retryable: bool = False
    rubric_hash: str = ""
    reward_model_hash: str = ""

    def number(self) -> float:
        """The reward, or NotScoredError."""
        if self.reward is None:
            raise NotScoredError(self)
        return self.reward


class RewardClient:
    """A client of `majlis reward serve`. Safe to share between threads, to fork and to pickle.

    `url` may hold a token, `https://NAME:TOKEN@HOST`. `reward` is an alias or RUBRIC_HASH/MODEL_HASH. What may be tried
    again is tried again, with pauses: lost connections and a full queue until `timeout` seconds have gone since the call,
    and judges that failed for now four times.
    """

    def __init__(
        self,
        url: str,
        *,
        reward: str = "active",
        locale: str | None = None,
        timeout: float = 120.0,
        token: str | None = None,
        token_file: str | None = None,
        ca: str | None = None,
        cert: str | None = None,
        key: str | None = None,
    ):
        parts, query = _read_url(url)
        token = token or urllib.parse.unquote(parts.password or parts.username or "") or None
        if token is not None and token_file is not None:
            raise ValueError("token and token_file: found both; allowed: one of them")
        if parts.scheme == "http" and (ca or cert or key):
            raise ValueError("ca, cert and key: found with an http address; allowed: with https")
        # As errors and logs may have it: without a token.
        self.url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"
        self.reward, self.locale, self.timeout = reward, locale, timeout
        self._is_secure, self._host = parts.scheme == "https", parts.hostname or ""
        self._port, self._path = parts.port, parts.path.rstrip("/")
        self._name = _name(reward)
        self._query = {"reward": reward} if "alias" in self._name else self._name
        self._query |= query
        self._token, self._token_file, self._ca, self._cert, self._key = token, token_file, ca, cert, key
        self._start()

    def score(
        self, prompts: Sequence[str], answers: Sequence[str], *, locale: str | Sequence[str | None] | None = None
    ) -> list[Outcome]:
        """One outcome for each answer, in their order. [answer] each; `locale` (BCP-47) is for all, or one for each."""
        locales = [locale] * len(answers) if locale is None or isinstance(locale, str) else list(locale)
        if not len(prompts) == len(answers) == len(locales):
            found = f"{len(prompts)} prompts, {len(answers)} answers, {len(locales)} locales"
            raise ValueError(f"score: found {found}; allowed: as many of each")
        rows = [
            (prompt, where or self.locale, answer) for prompt, where, answer in zip(prompts, locales, answers, strict=True)
        ]
        deadline = time.monotonic() + self.timeout
        return self._score(rows, deadline)

    async def score_async(
        self, prompts: Sequence[str], answers: Sequence[str], *, locale: str | Sequence[str | None] | None = None
    ) -> list[Outcome]:
        """The same without holding up the event loop."""
        call = functools.partial(self.score, prompts, answers, locale=locale)
        return await self._in_thread(call)

    def ask(self, contract: str, body: Mapping[str, Any], *, locale: str | None = None) -> Any:
        """The reply of a trainer's own contract, such as `/get_reward`, in that contract's words.

        What those words have no room for stands in the address: the reward, the locale, and the query of the client's `url`.
        """
        where = locale or self.locale
        path = f"{contract}?{urllib.parse.urlencode(self._query | ({} if where is None else {'locale': where}))}"
        return self._post(path, lambda _: body, time.monotonic() + self.timeout)

    async def ask_async(self, contract: str, body: Mapping[str, Any], *, locale: str | None = None) -> Any:
        """The same without holding up the event loop."""
        return await self._in_thread(functools.partial(self.ask, contract, body, locale=locale))

    def close(self) -> None:
        """Closes what is idle. The client can be used again."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_lock", "_idle", "_threads", "_pid")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._start()

    def _start(self) -> None:
        self._lock, self._pid = threading.Lock(), os.getpid()
        self._idle: list[http.client.HTTPConnection] = []
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="majlis-reward")

    async def _in_thread(self, call: Callable[[], _Found]) -> _Found:
        if self._pid != os.getpid():
            self._start()
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    def _score(self, rows: list[Row], deadline: float) -> list[Outcome]:
        """All under one reward: what is asked after the first reply names its hashes, since an alias may have moved."""
        outcomes: list[Outcome] = []
        try:
            for batch in _batches(rows):
                outcomes += self._ask(batch, outcomes, deadline)
            return self._ask_again(rows, outcomes, deadline)
        except RewardError as failure:
            # The alias has moved on, and what it pointed to is gone: all of it is asked about anew.
            if failure.code != "failed_precondition" or not outcomes or time.monotonic() > deadline:
                raise
            return self._score(rows, deadline)

    def _ask_again(self, rows: list[Row], outcomes: list[Outcome], deadline: float) -> list[Outcome]:
        """Judges that failed for now are asked again about what they failed at, and nothing else."""
        for pause in itertools.islice(_pauses(deadline), _MOST_ASKED_AGAIN):
            failed = [at for at, outcome in enumerate(outcomes) if outcome.retryable]
            if not failed:
                break
            time.sleep(pause)
            again = [one for batch in _batches([rows[at] for at in failed]) for one in self._ask(batch, outcomes, deadline)]
            for at, outcome in zip(failed, again, strict=True):
                outcomes[at] = outcome
        return outcomes

    def _ask(self, rows: list[Row], before: list[Outcome], deadline: float) -> list[Outcome]:
        """One request, under the reward of what came `before` it."""
        name = self._name
        if before:
            name = {"rubric_hash": before[0].rubric_hash, "reward_model_hash": before[0].reward_model_hash}
        return _outcomes(self._post("/v1/score", functools.partial(_request, name, rows), deadline), len(rows))

    def _post(self, path: str, request: Callable[[float], Mapping[str, Any]], deadline: float) -> Any:
        """One request, which is told how long it has, tried again while that may help. The last failure is raised."""
        pauses = _pauses(deadline)
        for tried in itertools.count(1):
            left = max(deadline - time.monotonic(), 0.001)
            try:
                return self._post_once(path, _json(request(left)), left)
            except RewardError as failure:
                is_enough = failure.is_unscored and tried > _MOST_ASKED_AGAIN
                pause = next(pauses, None) if failure.retryable and not is_enough else None
                if pause is None:
                    raise
                pause = max(pause, failure.retry_after or 0.0)
                if time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)
        raise AssertionError("tries have no end but an answer or a failure")

    def _post_once(self, path: str, body: bytes, timeout: float) -> Any:
        headers = self._headers()
        connection, is_fresh = self._connection()
        connection.timeout = timeout
        try:
            status, retry_after, reply = self._exchange(connection, path, body, headers)
        except (http.client.HTTPException, OSError) as error:
            connection.close()
            if not is_fresh and not isinstance(error, TimeoutError):  # The server closed it while it was idle.
                self.close()
                return self._post_once(path, body, timeout)
            raise _unreachable(self.url, error) from error
        if status != 200:
            raise _refused(self.url, status, reply, retry_after)
        try:
            return json.loads(reply)
        except ValueError as error:
            raise RewardError(f"{self.url} answered with something that is no JSON", code="internal") from error

    def _headers(self) -> dict[str, str]:
        token = Path(self._token_file).read_text().strip() if self._token_file else self._token
        headers = {"content-type": "application/json", "accept": "application/json"}
        return headers | ({"authorization": f"Bearer {token}"} if token else {})

    def _exchange(
        self, connection: http.client.HTTPConnection, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, str | None, bytes]:
        if connection.sock is not None:
            connection.sock.settimeout(connection.timeout)
        connection.request("POST", self._path + path, body, headers)
        response = connection.getresponse()
        reply = response.read()
        if response.will_close:
            connection.close()
        else:
            with self._lock:
                self._idle.append(connection)
        return response.status, response.headers.get("retry-after"), reply

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        """One that is idle, or a fresh one. A fork must not speak over its parent's."""
        if self._pid != os.getpid():
            self._start()
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
        if not self._is_secure:
            return http.client.HTTPConnection(self._host, self._port), True
        return http.client.HTTPSConnection(self._host, self._port, context=self._trust()), True

    def _trust(self) -> ssl.SSLContext:
        """Whom it believes and what it shows. Python's own failures name neither the file nor what it is for."""
        asked = f"ca {self._ca}"
        try:
            context = ssl.create_default_context(cafile=self._ca)
            if self._cert is not None:
                asked = f"cert {self._cert} with key {self._key or self._cert}"
                context.load_cert_chain(self._cert, self._key)
        except OSError as error:
            raise RewardError(f"{asked} cannot be used: {error}", code="invalid_argument") from error
        return context


#: A prompt, its locale, and one answer.
Row = tuple[str, str | None, str]


def _batches(rows: list[Row]) -> Iterator[list[Row]]:
    """The rows in their order, in requests of a bearable size."""
    batch: list[Row] = []
    characters = 0
    for row in rows:
        size = len(row[0]) + len(row[2])
        if batch and (len(batch) == _MOST_ANSWERS or characters + size > _MOST_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(row)
        characters += size
    if batch:
        yield batch


def _read_url(url: str) -> tuple[urllib.parse.SplitResult, dict[str, str]]:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"MAJLIS_REWARD_URL or url: found {url!r}; allowed: http://HOST:PORT or https://HOST:PORT")
    query = dict(urllib.parse.parse_qsl(parts.query))
    if query not in ({}, {"label": "locale"}):
        raise ValueError(f"the query of MAJLIS_REWARD_URL or url: found {parts.query!r}; allowed: label=locale, or none")
    return parts, query


def _name(reward: str) -> dict[str, str]:
    rubric_hash, slash, model_hash = reward.partition("/")
    return {"rubric_hash": rubric_hash, "reward_model_hash": model_hash} if slash else {"alias": reward}


def _request(name: dict[str, str], rows: list[Row], timeout: float) -> dict[str, Any]:
    """The words of POST /v1/score. Answers to one prompt that stand side by side, as a group does, are one item."""
    items: list[dict[str, Any]] = []
    last: tuple[str, str | None] | None = None
    for prompt, locale, answer in rows:
        if (prompt, locale) != last:
            last = (prompt, locale)
            items.append({"prompt": prompt, "answers": []} | ({} if locale is None else {"locale": locale}))
        items[-1]["answers"].append({"text": answer})
    return {"reward": name, "items": items, "deadline_ms": max(1, int(timeout * 1000))}


def _json(request: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(request, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # A lone surrogate has no UTF-8; escaped, it is for the server to judge.
        return json.dumps(request).encode()


def _outcomes(reply: Any, count: int) -> list[Outcome]:
    """One for each row, or an error: a reply that does not fit is nobody's score."""
    try:
        rubric, model = str(reply["rubric_hash"]), str(reply["reward_model_hash"])
        told = [one for item in reply["outcomes"] for one in item]
        outcomes = [_outcome(one)._replace(rubric_hash=rubric, reward_model_hash=model) for one in told]
    except (KeyError, TypeError, ValueError) as error:
        raise RewardError(f"the reply is not one of a reward service: {error!r}", code="internal") from error
    if len(outcomes) != count:
        raise RewardError(f"the reply has {len(outcomes)} outcomes for {count} answers", code="internal")
    return outcomes


def _outcome(told: Mapping[str, Any]) -> Outcome:
    kind = cast(Kind, told["kind"])
    if kind == "scored":
        return Outcome(kind, reward=_number(told["reward"]))
    if kind == "policy_malformed":
        return Outcome(kind, reward=_number(told["reward"]), reason=str(told["reason"]))
    if kind == "judge_failed":
        return Outcome(kind, reason=str(told["reason"]), retryable=told["retryable"] is True)
    if kind in ("abstained", "unparseable"):
        return Outcome(kind, reason=str(told["reason"]))
    raise ValueError(f"kind: found {kind!r}")


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"found {value!r} where a number belongs")
    return float(value)


def _refused(url: str, status: int, reply: bytes, retry_after: str | None) -> RewardError:
    """The server's own sentence where it sent one."""
    told: Any = None
    try:
        told = json.loads(reply)
        code, detail = str(told["code"]), str(told["detail"])
    except (ValueError, KeyError, TypeError):
        code, detail = _CODE_OF_STATUS.get(status, "internal"), http.client.responses.get(status, "")
    failure = RewardError(f"{url}: {status} {detail}", code=code, status=status)
    failure.is_unscored = isinstance(told, dict) and "unscored" in told
    if retry_after is not None and retry_after.isdecimal():
        failure.retry_after = float(retry_after)
    return failure


def _unreachable(url: str, error: Exception) -> RewardError:
    if isinstance(error, TimeoutError):
        return RewardError(f"{url} did not answer in time", code="deadline_exceeded")
    failure = RewardError(f"{url} cannot be reached: {error}")
    # Of names and certificates a second try would hear the same; a connection that was cut is another matter.
    was_cut = isinstance(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError))
    failure.retryable = was_cut or not isinstance(error, (ssl.SSLError, socket.gaierror))
    return failure


def _pauses(deadline: float) -> Iterator[float]:
    """Seconds to wait before each further try: doubling, at random between half and all, while the time lasts."""
    pause = _FIRST_PAUSE
    while time.monotonic() + pause < deadline:
        yield pause * random.uniform(0.5, 1.0)
        pause = min(pause * 2, _LONGEST_PAUSE)


#: By url. No functools.cache: verl's remote manager pickles functions by value, with what they refer to.
_clients: dict[str | None, RewardClient] = {}


def client_of_environment(url: str | None = None) -> RewardClient:
    """The client that the MAJLIS_REWARD_* variables describe, one for the process; `url` comes before MAJLIS_REWARD_URL."""
    if url not in _clients:
        _clients[url] = _client_of_environment(url)
    return _clients[url]


def _client_of_environment(url: str | None) -> RewardClient:
    def setting(name: str) -> str | None:
        return os.environ.get(f"MAJLIS_REWARD_{name}") or None

    url = url or setting("URL")
    if url is None:
        raise ValueError("MAJLIS_REWARD_URL: found nothing; allowed: where `majlis reward serve` listens, http://HOST:PORT")
    return RewardClient(
        url,
        reward=setting("NAME") or "active",
        locale=setting("LOCALE"),
        timeout=_seconds(setting("TIMEOUT") or "120"),
        token=setting("TOKEN"),
        token_file=setting("TOKEN_FILE"),
        ca=setting("CA"),
        cert=setting("CERT"),
        key=setting("KEY"),
    )


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"MAJLIS_REWARD_TIMEOUT: found {text!r}; allowed: seconds, such as 120") from None


def only_question(prompt: Text) -> str:
    """The question of a prompt: text, or one message by the user. A reward reads one question, so more is refused."""
    if isinstance(prompt, str):
        return prompt
    if len(prompt) == 1 and prompt[0]["role"] == "user":
        return _content(prompt[0])
    roles = ", ".join(str(message["role"]) for message in prompt)
    raise ValueError(
        f"prompt: found messages by {roles}; allowed: text, or one message by user. "
        "Pass question=last_user_message where what came before does not matter"
    )


def last_user_message(prompt: Text) -> str:
    """The question of a prompt whose system message and earlier turns the reward may go without."""
    if isinstance(prompt, str):
        return prompt
    for message in reversed(prompt):
        if message["role"] == "user":
            return _content(message)
    raise ValueError("prompt: found no message by user")


def _content(message: Mapping[str, Any]) -> str:
    content = message["content"]
    if isinstance(content, str):
        return content
    if all(part.get("type") == "text" for part in content):
        return "".join(part["text"] for part in content)
    raise ValueError("message: found content that is no text; allowed: text, since a reward reads text")


def _answer(completion: Text) -> str:
    """The answer of a completion: text, or the last message by the assistant."""
    if isinstance(completion, str):
        return completion
    for message in reversed(completion):
        if message["role"] == "assistant":
            return _content(message)
    raise ValueError("completion: found no message by assistant")


# --- verl: reward.custom_reward_function.{path: majlis_reward.py, name: compute_score or compute_score_async} ---


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    url: str | None = None,
    prompt_key: str = "prompt",
    **_: Any,
) -> float:
    """verl's reward of one answer. An exception ends verl's run: it has no word for an answer without a reward.

    The question is `extra_info[prompt_key]`, the locale `extra_info["locale"]` where there is one. `url` and `prompt_key`
    may be set under `reward.custom_reward_function.reward_kwargs`.
    """
    prompt, locale = _verl_prompt(extra_info or {}, prompt_key)
    return client_of_environment(url).score([prompt], [solution_str], locale=locale)[0].number()


async def compute_score_async(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    url: str | None = None,
    prompt_key: str = "prompt",
    **_: Any,
) -> float:
    """The same for verl's event loop, where many answers are under way at once."""
    prompt, locale = _verl_prompt(extra_info or {}, prompt_key)
    [outcome] = await client_of_environment(url).score_async([prompt], [solution_str], locale=locale)
    return outcome.number()


def _verl_prompt(extra_info: Mapping[str, Any], prompt_key: str) -> tuple[str, str | None]:
    if prompt_key not in extra_info:
        raise ValueError(
            f"extra_info: found no {prompt_key!r}; allowed: the question, since verl passes no prompt to reward functions. "
            "Put it there when the dataset is made, or name its key by reward_kwargs.prompt_key"
        )
    return last_user_message(extra_info[prompt_key]), extra_info.get("locale")


# --- TRL: reward_funcs=TrlReward("http://127.0.0.1:8090") ---


class TrlReward:
    """A reward function for TRL's GRPO and RLOO trainers.

    None, which TRL leaves out of the group, stands for an answer that the reward abstained on. It stands for one whose judge
    failed too; with on_failure="raise" the run ends there. A service that does not answer always ends it. A dataset column
    `locale` is the prompts' locale. Logs the share without a reward as `majlis/unscored`.
    """

    def __init__(
        self,
        client: RewardClient | str | None = None,
        *,
        on_failure: Literal["none", "raise"] = "none",
        question: Callable[[Any], str] = only_question,
        name: str = "majlis",
    ):
        if on_failure not in ("none", "raise"):
            raise ValueError(f"on_failure: found {on_failure!r}; allowed: 'none' or 'raise'")
        self.client = client if isinstance(client, RewardClient) else client_of_environment(client)
        self.on_failure, self.question, self.__name__ = on_failure, question, name

    def __call__(
        self,
        prompts: Sequence[Text],
        completions: Sequence[Text],
        locale: Sequence[str | None] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **_: Any,
    ) -> list[float | None]:
        questions, answers = [self.question(prompt) for prompt in prompts], [_answer(one) for one in completions]
        outcomes = self.client.score(questions, answers, locale=locale)
        if self.on_failure == "raise":
            _raise_failure(outcomes)
        if log_metric is not None and outcomes:
            log_metric("majlis/unscored", sum(outcome.reward is None for outcome in outcomes) / len(outcomes))
        return [outcome.reward for outcome in outcomes]


def _raise_failure(outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.reward is None and outcome.kind != "abstained":
            raise NotScoredError(outcome)


# --- SkyRL: register(id="majlis", entry_point="majlis_reward:MajlisEnv"), environment.env_class=majlis ---


class MajlisEnv(BaseTextEnv):
    """A SkyRL environment of one turn. An exception ends SkyRL's run: it has no word for an answer without a reward.

    The locale is the dataset row's `locale`.
    """

    def __init__(self, env_config: Any = None, extras: Mapping[str, Any] | None = None):
        super().__init__()
        self.client = client_of_environment(getattr(env_config, "url", None))
        self.locale: str | None = (extras or {}).get("locale")
        self.prompt = ""

    def init(self, prompt: Any) -> tuple[Any, dict[str, Any]]:
        """Keeps the question; what the policy is shown stays as it is."""
        self.prompt = last_user_message(prompt)
        return prompt, {}

    def step(self, action: str) -> Any:
        """The answer's reward, and the end of the episode."""
        [outcome] = self.client.score([self.prompt], [action], locale=self.locale)
        metadata = {"rubric_hash": outcome.rubric_hash, "reward_model_hash": outcome.reward_model_hash}
        return {"observations": [], "reward": outcome.number(), "done": True, "metadata": metadata}


# --- OpenRLHF: --reward.remote_url majlis_reward.py ---


def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **_: Any) -> Any:
    """OpenRLHF's reward function: what its remote reward model says, asked with a token, over TLS, and patiently.

    An exception is what OpenRLHF logs and turns into a missing reward, which ends its run.
    """
    request = {"query": list(queries), "prompts": list(prompts), "labels": list(labels)}
    return client_of_environment().ask("/get_reward", request)


# --- slime: --custom-rm-path majlis_reward.slime_reward --dynamic-sampling-filter-path majlis_reward.slime_keep_scored ---


async def slime_reward(args: Any, sample: Any, **_: Any) -> Any:
    """The reward of a sample, or the rewards of a list of them: None where there is none, for slime_keep_scored to see."""
    if isinstance(sample, list):
        return await asyncio.gather(*[slime_reward(args, one) for one in sample])
    client = client_of_environment(getattr(args, "rm_url", None))
    request = {"prompt": sample.prompt, "response": sample.response, "label": sample.label}
    try:
        return _number(await client.ask_async("/", request, locale=(sample.metadata or {}).get("locale")))
    except RewardError as failure:
        if failure.is_unscored:
            return None
        raise


def slime_keep_scored(args: Any, samples: Iterable[Any], **_: Any) -> Any:
    """Whether every sample of a group has a reward; slime drops others, counted as `unscored`, and samples another group."""
    keep = all(sample.reward is not None for sample in samples)
    try:
        from slime.rollout.filter_hub.base_types import DynamicFilterOutput
    except ImportError:  # Before it had reasons, slime took a bool.
        return keep
    return DynamicFilterOutput(keep=keep, reason=None if keep else "unscored")
