"""Tokens per second of llama.cpp on one GGUF file, as one JSON object.

Run by `cargo xtask bench`, which alternates it with `hearth bench`. The numbers mean the same as
there: prefill is one prompt of `--prefill` tokens from an empty cache, decode is the time of
`--decode` further tokens, one at a time, greedily. Both are the median of `--repeat` runs.
"""

import argparse
import json
import statistics
import time

from llama_cpp import Llama


def measure(llama, num_prefill, num_decode):
    """Seconds for the prompt, then for the tokens after it."""
    llama.reset()
    # Any tokens do: the time depends on their number, not on what they say.
    prompt = [1 + position % 1000 for position in range(num_prefill)]
    start = time.perf_counter()
    llama.eval(prompt)
    token = llama.sample(temp=0.0)
    prefilled = time.perf_counter()
    for _ in range(num_decode):
        llama.eval([token])
        token = llama.sample(temp=0.0)
    return prefilled - start, time.perf_counter() - prefilled


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prefill", type=int, default=512)
    parser.add_argument("--decode", type=int, default=128)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()

    llama = Llama(
        model_path=options.model,
        n_ctx=options.prefill + options.decode + 8,
        n_batch=options.prefill,
        n_ubatch=options.prefill,
        n_threads=options.threads,
        n_threads_batch=options.threads,
        verbose=False,
    )
    measure(llama, options.prefill, 8)  # pages the file in
    runs = [measure(llama, options.prefill, options.decode) for _ in range(options.repeat)]
    print(
        json.dumps(
            {
                "prefill_tokens_per_s": options.prefill / statistics.median(run[0] for run in runs),
                "decode_tokens_per_s": options.decode / statistics.median(run[1] for run in runs),
            }
        )
    )


if __name__ == "__main__":
    main()
