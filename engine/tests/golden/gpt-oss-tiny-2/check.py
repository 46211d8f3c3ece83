"""Margins and sensitivity of a golden directory; changes nothing.

usage: check.py DIR [nosens]    (DIR/model, DIR/golden.json, DIR/golden.safetensors)
"""
import json, sys
import torch
from transformers import AutoConfig, AutoModelForCausalLM, Mxfp4Config
from safetensors.torch import load_file
torch.set_grad_enabled(False)
D = sys.argv[1]; J = json.load(open(f"{D}/golden.json")); S = load_file(f"{D}/golden.safetensors")
def load(change=lambda c: None):
    c = AutoConfig.from_pretrained(f"{D}/model"); change(c)
    return AutoModelForCausalLM.from_pretrained(f"{D}/model", config=c, dtype=torch.float32, quantization_config=Mxfp4Config(dequantize=True), attn_implementation="eager", experts_implementation="eager").eval()
runs = []
for p in J["prompts"]:
    runs.append((p["name"], p["ids"] + p["greedy64"], len(p["ids"])))
    if "prefix" in p: q = p["prefix"]; ids = p["ids"][:q["prefix_len"]] + q["suffix_ids"]; runs.append((p["name"] + " prefix", ids + q["greedy32"], len(ids)))
f = lambda m, ids: m(torch.tensor([ids]), use_cache=False).logits[0]
m = load(); K = m.config.num_experts_per_tok; margins = []; used = {}; clamp = [0, 0, 0]
def router(mod, i, o):
    x = i[0].reshape(-1, i[0].shape[-1]); l = torch.nn.functional.linear(x, mod.weight, mod.bias).sort(-1, descending=True).values
    margins.append(float((l[:, K - 1] - l[:, K]).min()))
    for e in o[2].flatten().tolist(): used.setdefault(id(mod), {}).setdefault(e, 0); used[id(mod)][e] += 1
hooks = [l.mlp.router.register_forward_hook(router) for l in m.model.layers]
base = {n: f(m, ids) for n, ids, _ in runs}
print("router margin over prompts and continuations, min", min(margins), "sorted by run", sorted(margins)[:4])
print("tokens an expert got, a layer each:", [sorted(u.values()) for u in used.values()])
for h in hooks: h.remove()
print("greedy margin min", min(x for p in J["prompts"] for x in p["greedy64_margin"]), "prefix", min(x for p in J["prompts"] if "prefix" in p for x in p["prefix"]["greedy32_margin"]))
for n, ids, k in runs:
    want = ids[k:]; got = base[n][k - 1:-1]; assert got.argmax(-1).tolist() == want, n
    v = got.topk(2).values; print(n, k, "min margin uncached", float((v[:, 0] - v[:, 1]).min()))
d = load().double()
d64 = {n: float((f(d, ids) - base[n]).abs().max()) for n, ids, _ in runs}
print("float32 against the same code in float64 (rope tables stay float32), all positions incl. continuation:", max(d64.values()), d64)
gate = [0, 0, 0]
def act(x):
    g, u = x[..., 0::2], x[..., 1::2]; L = m.config.swiglu_limit
    gate[0] += g.numel(); gate[1] += int((g > L).sum()); gate[2] += int((u.abs() > L).sum())
for l in m.model.layers:
    e = l.mlp.experts; orig = e._apply_gate
    e._apply_gate = lambda x, orig=orig: (act(x), orig(x))[1]
for n, ids, _ in runs: f(m, ids)
print("expert values, gates clamped, ups clamped:", gate)
if len(sys.argv) > 2: sys.exit()
def setrope(**k):
    def g(c): c.rope_parameters = {**c.rope_parameters, **k}
    return g
def put(**k): return lambda c: [setattr(c, a, b) for a, b in k.items()]
c0 = m.config; W = c0.sliding_window; T = c0.layer_types; flip = ["full_attention" if t[0] == "s" else "sliding_attention" for t in T]
for name, ch in {"eps 1e-5": put(rms_norm_eps=1e-5), "window+1": put(sliding_window=W + 1), "window-1": put(sliding_window=W - 1), "window 128": put(sliding_window=128), "all full": put(layer_types=["full_attention"] * len(T)),
        "layers flipped": put(layer_types=flip), "sliding, full, ..": put(layer_types=[("sliding_attention", "full_attention")[i % 2] for i in range(len(T))]), "limit 7": put(swiglu_limit=7.0), "no limit": put(swiglu_limit=1e9), "theta 150000": setrope(rope_theta=150000.), "factor 32": setrope(factor=32.), "original 4096": setrope(original_max_position_embeddings=4096),
        "beta_fast 32": setrope(beta_fast=32.), "beta_slow 1": setrope(beta_slow=1.), "truncate": setrope(truncate=True)}.items():
    mm = load(ch); print(f"{name:18s}", {n: round(float((f(mm, ids)[:k] - base[n][:k]).abs().max()), 4) for n, ids, k in runs if "prefix" not in n})
