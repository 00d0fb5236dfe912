"""Recomputes stored PPO iterations with PyTorch and Transformers, in double precision.

stdin: {"base": model directory, "records": [update records, from the run's first iteration on]}. Of a record only
inputs are used: tokens, outcomes, behaviour log-probs, the order of the minibatches, and the options. stdout: what
the iterations should have come to, in the records' own names, and every weight after each of them. Old log-probs,
values, KL, rewards, advantages, losses, gradients and Adam's moments are PyTorch's own, iteration after iteration.
"""

import base64
import copy
import json
import sys

import numpy as np
import torch
from torch import nn
from transformers import GPT2LMHeadModel, GPT2Model

MAX_LOG_RATIO = 20


class Critic(nn.Module):
    """The trunk of the base with a value head that starts at zero."""

    def __init__(self, base):
        super().__init__()
        self.transformer = GPT2Model.from_pretrained(base)
        self.score = nn.Linear(self.transformer.config.n_embd, 1)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def forward(self, tokens):
        return self.score(self.transformer(tokens).last_hidden_state)[..., 0]


class Record:
    """A stored record's tensors, sequence by sequence."""

    def __init__(self, stored):
        self.stored = stored
        self.algorithm = stored["algorithm"]
        offsets, starts = unpack(stored["offsets"]), unpack(stored["answerStarts"])
        tokens = torch.from_numpy(unpack(stored["tokenIds"]).astype(np.int64))
        self.places = [(int(a), int(s), int(e)) for a, s, e in zip(offsets[:-1], starts, offsets[1:])]
        self.tokens = [tokens[a:e] for a, _, e in self.places]
        self.prompt_lengths = [s - a for a, s, _ in self.places]
        behaviour = torch.from_numpy(unpack(stored["behaviourLogProbs"]).astype(np.float64))
        self.behaviour = torch.split(behaviour, [e - s for _, s, e in self.places])


def unpack(tensor):
    return np.frombuffer(base64.b64decode(tensor["data"]), dtype=tensor["dtype"])


def grid(tokens):
    return nn.utils.rnn.pad_sequence(tokens, batch_first=True)


def answer_distributions(policy, record, picked):
    """log softmax at the record's temperature of every answer token's place. [sequence][token, token id]"""
    logits = policy(grid([record.tokens[at] for at in picked])).logits / record.stored["temperature"]
    table = torch.log_softmax(logits, dim=-1)
    return [
        table[row, record.prompt_lengths[at] - 1 : len(record.tokens[at]) - 1] for row, at in enumerate(picked)
    ]


def answer_log_probs(policy, record, picked):
    tables = answer_distributions(policy, record, picked)
    answers = [record.tokens[at][record.prompt_lengths[at] :] for at in picked]
    return [table.gather(1, answer[:, None])[:, 0] for table, answer in zip(tables, answers)]


def answer_values(critic, record, picked):
    """The estimate of the state before each answer token. [sequence][token]"""
    table = critic(grid([record.tokens[at] for at in picked]))
    return [
        table[row, record.prompt_lengths[at] - 1 : len(record.tokens[at]) - 1] for row, at in enumerate(picked)
    ]


def score_of(sequence, stored):
    outcome = sequence["outcome"]
    if outcome["kind"] == "policy_malformed":
        score = stored["floor"]
    elif outcome["kind"] == "scored":
        score = outcome["score"]["normalized"]
    else:
        return None
    clip = stored["algorithm"].get("rewardClip", float("inf"))
    return min(max(score, -clip), clip)


def gae(rewards, values, gamma, lam):
    """A_t = sum over l of (gamma lambda)^l delta_{t+l} (Schulman et al. 2016, equation 16)."""
    following = torch.cat([values[1:], values.new_zeros(1)])
    deltas = rewards + gamma * following - values
    lag = torch.arange(len(deltas))[None, :] - torch.arange(len(deltas))[:, None]
    discounts = torch.where(lag >= 0, (gamma * lam) ** lag.clamp(min=0).double(), 0.0)
    return discounts @ deltas


def advantages_of(record, old, reference, values):
    stored, algorithm = record.stored, record.algorithm
    raw = {}
    for at, sequence in enumerate(stored["sequences"]):
        score = score_of(sequence, stored)
        if score is None:
            continue
        rewards = -stored["beta"] * (old[at] - reference[at])
        missing_end = algorithm["missingEosPenalty"] if sequence["finish"] == "length" else 0
        rewards[-1] += score - missing_end
        raw[at] = gae(rewards, values[at], algorithm["gamma"], algorithm["lambda"])
    returns = {at: advantage + values[at] for at, advantage in raw.items()}
    flat = torch.cat(list(raw.values()))
    scale = torch.sqrt(flat.var(unbiased=True) + 1e-8)
    white = {at: (advantage - flat.mean()) / scale for at, advantage in raw.items()}
    for at, advantage in white.items():
        importance = torch.exp(old[at] - record.behaviour[at])
        white[at] = advantage * importance.clamp(max=algorithm["importanceCap"])
    return white, returns


def policy_loss(policy, record, step, old, advantages):
    algorithm = record.algorithm
    tables = answer_distributions(policy, record, step["sequences"])
    total, deviation = 0.0, 0.0
    for weight, at, table in zip(unpack(step["weights"]), step["sequences"], tables):
        answer = record.tokens[at][record.prompt_lengths[at] :]
        log_probs = table.gather(1, answer[:, None])[:, 0]
        ratio = torch.exp((log_probs - old[at]).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO))
        clipped = ratio.clamp(1 - algorithm["epsLow"], 1 + algorithm["epsHigh"])
        advantage = advantages[at]
        loss = torch.maximum(-advantage * ratio, -advantage * clipped)
        bounded = torch.minimum(loss, -advantage * algorithm["dualClip"])
        loss = torch.where(advantage < 0, bounded, loss)
        entropy = -(table.exp() * table).sum(-1)
        total = total + weight * (loss - algorithm["entropyCoef"] * entropy).sum()
        deviation = max(deviation, (ratio - 1).abs().max().item())
    return total / step["normalizer"], deviation


def value_loss(critic, record, step, old_values, returns):
    clip = record.algorithm["valueClip"]
    total = 0.0
    values = answer_values(critic, record, step["sequences"])
    for weight, at, value in zip(unpack(step["weights"]), step["sequences"], values):
        bounded = old_values[at] + (value - old_values[at]).clamp(-clip, clip)
        errors = torch.maximum((value - returns[at]) ** 2, (bounded - returns[at]) ** 2)
        total = total + weight * errors.sum() / 2
    return total / step["normalizer"]


def take_step(model, optimizer, loss, clip):
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    return {"loss": loss.item(), "gradNorm": norm.item()}


def adam(model, algorithm, learning_rate):
    return torch.optim.AdamW(
        model.parameters(),
        lr=learning_rate,
        betas=algorithm["adamBetas"],
        eps=algorithm["adamEps"],
        weight_decay=algorithm["weightDecay"],
    )


def weights_of(model):
    return {name: parameter.detach().reshape(-1).tolist() for name, parameter in model.named_parameters()}


def next_beta(stored, kl):
    """The proportional controller of Ziegler et al. 2019, section 2.2."""
    options = stored["algorithm"]["kl"]
    error = min(max(kl / options["target"] - 1, -0.2), 0.2)
    return stored["beta"] * (1 + error * len(stored["sequences"]) / options["horizon"])


def replay(record, models, optimizers):
    policy, reference, critic = models
    everything = range(len(record.tokens))
    with torch.no_grad():
        old = answer_log_probs(policy, record, everything)
        frozen = answer_log_probs(reference, record, everything)
        values = answer_values(critic, record, everything)
    advantages, returns = advantages_of(record, old, frozen, values)
    kl_tokens = [mine - theirs for mine, theirs in zip(old, frozen)]
    kl = torch.stack([tokens.sum() for tokens in kl_tokens]).mean().item()

    policy_steps, critic_steps, deviations = [], [], []
    clip = record.algorithm["gradientClip"]
    for step in record.stored["policySteps"]:
        loss, deviation = policy_loss(policy, record, step, old, advantages)
        deviations.append(deviation)
        policy_steps.append(take_step(policy, optimizers[0], loss, clip))
    for step in record.stored["criticSteps"]:
        loss = value_loss(critic, record, step, values, returns)
        critic_steps.append(take_step(critic, optimizers[1], loss, clip))

    nothing = [torch.zeros_like(one) for one in old]
    joined = lambda answers: torch.cat([answers.get(at, nothing[at]) for at in everything]).tolist()
    return {
        "oldLogProbs": torch.cat(old).tolist(),
        "klTokens": torch.cat(kl_tokens).tolist(),
        "klPerSequence": kl,
        "values": torch.cat(values).tolist(),
        "advantages": joined(advantages),
        "returns": joined(returns),
        "policySteps": policy_steps,
        "criticSteps": critic_steps,
        "largestRatioDeviation": max(deviations),
        "nextBeta": next_beta(record.stored, kl),
        "policy": weights_of(policy),
        "critic": weights_of(critic),
    }


def main():
    torch.set_default_dtype(torch.float64)
    asked = json.load(sys.stdin)
    policy = GPT2LMHeadModel.from_pretrained(asked["base"]).double().eval()
    models = (policy, copy.deepcopy(policy), Critic(asked["base"]).double().eval())
    algorithm = asked["records"][0]["algorithm"]
    optimizers = (
        adam(models[0], algorithm, algorithm["policyLearningRate"]),
        adam(models[2], algorithm, algorithm["criticLearningRate"]),
    )
    answers = [replay(Record(stored), models, optimizers) for stored in asked["records"]]
    print(json.dumps({"before": {"policy": weights_of(models[1])}, "iterations": answers}))


main()
