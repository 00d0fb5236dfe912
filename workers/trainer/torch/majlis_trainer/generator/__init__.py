"""A generator on the CPU that speaks vLLM's HTTP, and the part of SGLang's that Majlis uses.

It is there so that the production client runs without a GPU: token ids in and out, log-probabilities of the distribution
that was sampled from, adapters by versioned name, weights reloaded from disk. Requests are answered one after the other,
and the shapes of a request's computation depend on the request alone, so that its answer is the same bits whatever else
was asked.
"""
