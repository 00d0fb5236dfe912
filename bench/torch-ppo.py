"""PPO written plainly in one Python process: what `npm run bench -- torch-overhead` measures the loop against.

Usage: torch-ppo.py make MODEL_DIRECTORY
       torch-ppo.py learn MODEL_DIRECTORY PLAN_JSON

`make` writes a small random Qwen3. `learn` trains it with the loop's model, batch, losses and optimizer: answers of a
fixed length sampled with a KV cache and their log-probs, log-probs of policy and reference, values, KL in the reward, GAE,
whitening, truncated importance sampling, clipped policy and value losses, AdamW with clipping by the global norm, and the
figures that a run logs of each step: entropy, approximate KL, clipped share, ratio. For each line on stdin, a number of
iterations, it takes those and prints one JSON object: the seconds of each, and mean score and gradient norm of the last.
"""

import json
import sys
import time

import torch
from torch import Tensor
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoModelForTokenClassification, Qwen3Config, Qwen3ForCausalLM
from transformers.utils import logging


def main() -> None:
    torch.set_num_threads(1)
    command, directory = sys.argv[1], sys.argv[2]
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if command == "make":
        make_model(directory)
        return
    plan = json.loads(sys.argv[3])
    torch.manual_seed(plan["seed"])
    learner = Learner(directory, plan)
    for line in sys.stdin:
        seconds = []
        for _ in range(int(line)):
            start = time.perf_counter()
            figures = learner.iterate()
            seconds.append(time.perf_counter() - start)
        print(json.dumps({"seconds": seconds, **figures}), flush=True)


def make_model(directory: str) -> None:
    """Four layers, 3.6M parameters."""
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=2048,
        hidden_size=256,
        intermediate_size=768,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        max_position_embeddings=256,
        tie_word_embeddings=True,
    )
    Qwen3ForCausalLM(config).save_pretrained(directory)


class Learner:
    """Policy, frozen reference and critic from one directory."""

    def __init__(self, directory: str, plan: dict) -> None:
        self.plan = plan
        self.policy = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()
        self.reference = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval().requires_grad_(False)
        self.critic = AutoModelForTokenClassification.from_pretrained(directory, num_labels=1, dtype=torch.float32).eval()
        with torch.no_grad():
            self.critic.score.weight.zero_()
            self.critic.score.bias.zero_()
        self.policy_optimizer = torch.optim.AdamW(
            self.policy.parameters(), lr=plan["policyLearningRate"], betas=(0.9, 0.999), eps=1e-8, weight_decay=0
        )
        self.critic_optimizer = torch.optim.AdamW(
            self.critic.parameters(), lr=plan["criticLearningRate"], betas=(0.9, 0.999), eps=1e-8, weight_decay=0
        )
        prompts = torch.tensor(plan["prompts"])
        self.figures: dict[str, float] = {}
        self.prompts = prompts.repeat_interleave(plan["groupSize"], dim=0)

    def iterate(self) -> dict:
        """One iteration; mean score and the policy's last gradient norm."""
        tokens, behaviour = self.sample()
        prompt_length = self.prompts.shape[1]
        with torch.no_grad():
            old = self.log_probs(self.policy, tokens)
            reference = self.log_probs(self.reference, tokens)
            values = self.values(tokens)
        scores = (tokens[:, prompt_length:] < self.plan["paid"]).float().mean(dim=1)
        rewards = -self.plan["kl"] * (old - reference)
        rewards[:, -1] += scores
        advantages, returns = gae(rewards, values, self.plan["gamma"], self.plan["lambda"])
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        advantages = advantages * torch.exp(old - behaviour).clamp(max=self.plan["importanceCap"])
        grad_norm = 0.0
        for _ in range(self.plan["epochs"]):
            for rows in torch.randperm(len(tokens)).chunk(self.plan["minibatches"]):
                grad_norm = self.step_policy(tokens[rows], old[rows], advantages[rows])
                self.step_critic(tokens[rows], values[rows], returns[rows])
        return {"score": scores.mean().item(), "gradNorm": grad_norm, **self.figures}

    @torch.no_grad()
    def sample(self) -> tuple[Tensor, Tensor]:
        """Prompts with answers [answer × token], and log-probs of what was sampled [answer × new token]."""
        tokens, past, given, sampled = self.prompts, None, self.prompts, []
        for _ in range(self.plan["maxNewTokens"]):
            output = self.policy(input_ids=given, past_key_values=past, use_cache=True, logits_to_keep=1)
            past = output.past_key_values
            distribution = functional.log_softmax(output.logits[:, -1].float(), dim=-1)
            given = torch.multinomial(distribution.exp(), 1)
            sampled.append(distribution.gather(1, given))
            tokens = torch.cat([tokens, given], dim=1)
        return tokens, torch.cat(sampled, dim=1)

    def distribution(self, model: torch.nn.Module, tokens: Tensor) -> Tensor:
        """Log-probs of every token. [answer × new token × vocabulary]"""
        new = self.plan["maxNewTokens"]
        logits = model(input_ids=tokens, use_cache=False, logits_to_keep=new + 1).logits[:, :-1].float()
        return functional.log_softmax(logits, dim=-1)

    def log_probs(self, model: torch.nn.Module, tokens: Tensor) -> Tensor:
        """[answer × new token]"""
        return self.distribution(model, tokens).gather(2, tokens[:, -self.plan["maxNewTokens"] :, None]).squeeze(2)

    def values(self, tokens: Tensor) -> Tensor:
        """Of the state before each new token. [answer × new token]"""
        new = self.plan["maxNewTokens"]
        return self.critic(input_ids=tokens, use_cache=False).logits[:, -new - 1 : -1, 0].float()

    def step_policy(self, tokens: Tensor, old: Tensor, advantages: Tensor) -> float:
        distribution = self.distribution(self.policy, tokens)
        log_probs = distribution.gather(2, tokens[:, -self.plan["maxNewTokens"] :, None]).squeeze(2)
        ratio = torch.exp(log_probs - old)
        plain, bounded = ratio * advantages, ratio.clamp(0.8, 1.2) * advantages
        with torch.no_grad():
            own = distribution.detach()
            self.figures = {
                "entropy": -(own.exp() * own).sum(dim=-1).mean().item(),
                "approximateKl": (ratio - 1 - (log_probs - old)).mean().item(),
                "clipped": (bounded < plain).float().mean().item(),
                "ratio": ratio.mean().item(),
            }
        return take_step(self.policy, self.policy_optimizer, -torch.min(plain, bounded).mean())

    def step_critic(self, tokens: Tensor, old: Tensor, returns: Tensor) -> None:
        values = self.values(tokens)
        clipped = old + (values - old).clamp(-0.2, 0.2)
        loss = 0.5 * torch.max((values - returns) ** 2, (clipped - returns) ** 2).mean()
        take_step(self.critic, self.critic_optimizer, loss)


def take_step(model: torch.nn.Module, optimizer: torch.optim.Optimizer, loss: Tensor) -> float:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return norm.item()


def gae(rewards: Tensor, values: Tensor, gamma: float, lam: float) -> tuple[Tensor, Tensor]:
    """Advantages and returns. [answer × new token]"""
    advantages = torch.zeros_like(rewards)
    running = torch.zeros(len(rewards))
    for at in reversed(range(rewards.shape[1])):
        following = values[:, at + 1] if at + 1 < rewards.shape[1] else torch.zeros(len(rewards))
        running = rewards[:, at] + gamma * following - values[:, at] + gamma * lam * running
        advantages[:, at] = running
    return advantages, advantages + values


if __name__ == "__main__":
    main()
