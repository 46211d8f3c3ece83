"""Write a gpt-oss checkpoint (MXFP4 experts, BF16 rest) as GGUF, as llama.cpp's converter lays it out.

usage: make_gguf.py MODEL_DIR OUT.gguf
Reads the file back afterwards and compares every weight with the safetensors bytes, dequantised.
"""
import json, os, re, sys
import gguf, numpy as np, torch
from safetensors.torch import load_file

M, OUT = sys.argv[1], sys.argv[2]
c = json.load(open(f"{M}/config.json")); t = json.load(open(f"{M}/tokenizer.json")); rs = c["rope_scaling"]
L, E, I, V = c["num_hidden_layers"], c["num_local_experts"], c["intermediate_size"], c["vocab_size"]
# What the format has no key for.
assert c["swiglu_limit"] == 7.0 and c["layer_types"] == [("sliding_attention", "full_attention")[i % 2] for i in range(L)]
T, order = {}, []
for f in sorted(os.listdir(M)):
    if f.endswith(".safetensors"): part = load_file(f"{M}/{f}"); T.update(part); order += sorted(part)
NAMES = {"input_layernorm.weight": "attn_norm.weight", "post_attention_layernorm.weight": "post_attention_norm.weight", "self_attn.sinks": "attn_sinks.weight",
         "mlp.router.weight": "ffn_gate_inp.weight", "mlp.router.bias": "ffn_gate_inp.bias", "mlp.experts.down_proj_bias": "ffn_down_exps.bias"}
for a, b in (("q", "q"), ("k", "k"), ("v", "v"), ("o", "output")):
    for w in ("weight", "bias"): NAMES[f"self_attn.{a}_proj.{w}"] = f"attn_{b}.{w}"
TOP = {"model.embed_tokens.weight": "token_embd.weight", "lm_head.weight": "output.weight", "model.norm.weight": "output_norm.weight"}

w = gguf.GGUFWriter(OUT, "gpt-oss")
w.add_type("model"); w.add_name("Model")
def mxfp4(b, s):
    """[E, rows, K/32, 16] with neighbours in a byte -> [E, rows, K/32 * 17]: scale, then elements j and j + 16 in byte j."""
    n = np.stack([b & 15, b >> 4], -1).reshape(*b.shape[:-1], 32)
    return np.concatenate([s[..., None], n[..., :16] | (n[..., 16:] << 4)], -1).reshape(*b.shape[:2], -1)
tensors, QT = [], gguf.GGMLQuantizationType
for l in range(L):
    p = f"model.layers.{l}.mlp.experts."; x = lambda k: T[p + k].numpy()
    gb, gs = x("gate_up_proj_blocks"), x("gate_up_proj_scales")
    for n, b, s in (("down", x("down_proj_blocks"), x("down_proj_scales")), ("gate", gb[:, 0::2], gs[:, 0::2]), ("up", gb[:, 1::2], gs[:, 1::2])):
        tensors.append((f"blk.{l}.ffn_{n}_exps.weight", mxfp4(b, s), QT.MXFP4))
for k in order:
    if k.endswith(("_blocks", "_scales")): continue
    f32 = T[k].float().numpy(); m = re.match(r"model\.layers\.(\d+)\.(.*)", k)
    if m and m[2] == "mlp.experts.gate_up_proj_bias":
        tensors += [(f"blk.{m[1]}.ffn_gate_exps.bias", f32[:, 0::2], QT.F32), (f"blk.{m[1]}.ffn_up_exps.bias", f32[:, 1::2], QT.F32)]; continue
    name = f"blk.{m[1]}.{NAMES[m[2]]}" if m else TOP[k]
    if f32.ndim == 2 and not name.endswith(".bias") and "ffn_gate_inp" not in name:
        tensors.append((name, T[k].contiguous().view(torch.uint8).numpy(), QT.BF16))
    else: tensors.append((name, f32, QT.F32))

for n, a, q in tensors: w.add_tensor(n, np.ascontiguousarray(a), raw_dtype=q)
total, shared, expert, _ = w.get_total_parameter_count()
w.add_size_label(gguf.size_label(total, shared, expert, E))
w.add_block_count(L); w.add_context_length(c["max_position_embeddings"]); w.add_embedding_length(c["hidden_size"]); w.add_feed_forward_length(I)
w.add_head_count(c["num_attention_heads"]); w.add_head_count_kv(c["num_key_value_heads"])
w.add_rope_scaling_type(gguf.RopeScalingType.YARN); w.add_rope_scaling_factor(rs["factor"]); w.add_rope_scaling_orig_ctx_len(rs["original_max_position_embeddings"])
w.add_rope_scaling_yarn_beta_fast(rs["beta_fast"]); w.add_rope_scaling_yarn_beta_slow(rs["beta_slow"]); w.add_rope_freq_base(c["rope_theta"])
w.add_layer_norm_rms_eps(c["rms_norm_eps"]); w.add_expert_count(E); w.add_expert_used_count(c["num_experts_per_tok"])
w.add_key_length(c["head_dim"]); w.add_value_length(c["head_dim"]); w.add_file_type(38); w.add_sliding_window(c["sliding_window"])
w.add_expert_feed_forward_length(I); w.add_quantization_version(2)
tokens = {i: k for k, i in t["model"]["vocab"].items()}; special = {a["id"]: a["content"] for a in t["added_tokens"]}; tokens.update(special)
pairs = [m if isinstance(m, list) else m.split(" ", 1) for m in t["model"]["merges"]]
w.add_tokenizer_model("gpt2"); w.add_tokenizer_pre("gpt-4o"); w.add_token_list([tokens[i] for i in range(V)])
w.add_token_types([int(gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL) for i in range(V)]); w.add_token_merges([" ".join(p) for p in pairs])
ids = {v: k for k, v in special.items()}
w.add_bos_token_id(ids["<|startoftext|>"]); w.add_eos_token_id(ids["<|return|>"]); w.add_pad_token_id(ids["<|endoftext|>"]); w.add_add_bos_token(False); w.add_add_eos_token(False)
w.write_header_to_file(); w.write_kv_data_to_file(); w.write_tensors_to_file(); w.close()

# ---- read back; the safetensors side is decoded here on its own, value by value
FP4 = np.array([0, .5, 1, 1.5, 2, 3, 4, 6], dtype=np.float32); LUT = np.concatenate([FP4, -FP4])
def decode(p):
    b, s = T[p + "_blocks"].numpy(), T[p + "_scales"].numpy(); v = np.empty((*b.shape[:-1], 32), np.float32)
    v[..., 0::2], v[..., 1::2] = LUT[b & 15], LUT[b >> 4]
    return (v * np.exp2(s.astype(np.float64) - 127)[..., None].astype(np.float64)).reshape(*b.shape[:2], -1)
want = {}
for k in order:
    m = re.match(r"model\.layers\.(\d+)\.(.*)", k)
    if k.endswith("_scales"): continue
    if k.endswith("gate_up_proj_blocks"):
        v = decode(k[:-7]); want[f"blk.{m[1]}.ffn_gate_exps.weight"], want[f"blk.{m[1]}.ffn_up_exps.weight"] = v[:, 0::2], v[:, 1::2]
    elif k.endswith("down_proj_blocks"): want[f"blk.{m[1]}.ffn_down_exps.weight"] = decode(k[:-7])
    elif k.endswith("gate_up_proj_bias"):
        v = T[k].double().numpy(); want[f"blk.{m[1]}.ffn_gate_exps.bias"], want[f"blk.{m[1]}.ffn_up_exps.bias"] = v[:, 0::2], v[:, 1::2]
    else: want[f"blk.{m[1]}.{NAMES[m[2]]}" if m else TOP[k]] = T[k].double().numpy()
found = gguf.GGUFReader(OUT).tensors; assert sorted(t.name for t in found) == sorted(want)
for t in found:
    a = gguf.dequantize(t.data, t.tensor_type); b = want[t.name]
    assert a.shape == b.shape and list(t.shape)[::-1] == list(b.shape), (t.name, a.shape, b.shape)
    # gguf works in float32; only scale byte 0 (2**-127) could round there, and those blocks are zero
    assert np.array_equal(a.astype(np.float64), b), (t.name, np.abs(a - b).max())
print(len(found), "tensors equal, bytes", os.path.getsize(OUT))
